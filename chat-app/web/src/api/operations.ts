/** The operations of the server as its description has them: what each takes and what it answers. */
import type { components, paths } from './schema'

export type Schemas = components['schemas']

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** The paths that have an operation of this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never
}[keyof paths]

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined

/** The names in braces of a path. */
type Names<P> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never

type QueryOf<O> = O extends { parameters: { query?: infer Query } } ? Query : undefined
type BodyOf<O> = O extends { requestBody?: infer Body } ? Json<NonNullable<Body>> : undefined
type AnswerOf<O> = O extends { responses: { 200: infer Ok } }
  ? Json<Ok>
  : O extends { responses: { 201: infer Created } }
    ? Json<Created>
    : undefined

/** What an operation answers with when it succeeds. */
export type Answered<M extends Method, P extends PathOf<M>> = AnswerOf<paths[P][M]>

/** What an operation takes. */
export type Taken<M extends Method, P extends PathOf<M>> = {
  query?: QueryOf<paths[P][M]>
  body?: BodyOf<paths[P][M]>
} & ([Names<P>] extends [never] ? { path?: undefined } : { path: Record<Names<P>, string | number> })

/** The taken things may be left out where none of them is needed. */
export type Options<M extends Method, P extends PathOf<M>, More = object> = [Names<P>] extends [never]
  ? [options?: Taken<M, P> & More]
  : [options: Taken<M, P> & More]
