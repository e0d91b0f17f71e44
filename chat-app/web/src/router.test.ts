import { describe, expect, it } from 'vitest'
import type { RouteLocationNormalized } from 'vue-router'
import { afterEntry, loginFor } from './router'

const route = (given: Partial<RouteLocationNormalized>) => given as RouteLocationNormalized

describe('the way through login', () => {
  it('leads back to the page that asked for it', () => {
    expect(loginFor(route({ fullPath: '/r/5' }))).toEqual({ path: '/login', query: { next: '/r/5' } })
    expect(afterEntry(route({ query: { next: '/r/5' } }))).toBe('/r/5')
  })

  it.each(['//elsewhere.example', 'https://elsewhere.example', undefined])('never leads to %s', (next) => {
    expect(afterEntry(route({ query: next ? { next } : {} }))).toBe('/')
  })
})
