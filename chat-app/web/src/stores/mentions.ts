/** Naming members in a text: `@name`, with the tag where several have the name. */
import type { Participant } from '../api/model'

/** The longest name; what is longer names nobody. */
const LONGEST = 32
const FEW = 6

/** A name that is being written. */
export interface Naming {
  /** Where its `@` is. */
  from: number
  query: string
}

/** What is being named where the caret is, if anything is. */
export function namingAt(text: string, caret: number): Naming | undefined {
  const from = caret > 0 ? text.lastIndexOf('@', caret - 1) : -1
  // In the middle of a word it is an e-mail address.
  if (from < 0 || /\S/.test(text[from - 1] ?? ' ')) return undefined
  const query = text.slice(from + 1, caret)
  return query.length > LONGEST || query.includes('\n') ? undefined : { from, query }
}

/** Who may be meant: those whose names begin so first, then those who have it inside. */
export function nameable(members: Participant[], query: string, me: number): Participant[] {
  const wanted = query.toLocaleLowerCase()
  const place = ({ name }: Participant) => name.toLocaleLowerCase().indexOf(wanted)
  return members
    .filter((member) => member.id !== me && place(member) >= 0)
    .sort((a, b) => Math.min(place(a), 1) - Math.min(place(b), 1) || a.name.localeCompare(b.name))
    .slice(0, FEW)
}

/** How to write whom is meant. */
export function nameOf({ id, name, tag }: Participant, members: Participant[]): string {
  const isShared = members.some((other) => other.id !== id && other.name === name)
  return isShared ? `@${name}#${tag}` : `@${name}`
}
