import type { Reaction } from '../api/model'

/** Whether a reaction is, among others, this member's. */
export function isOf(member: number, reaction: Reaction): boolean {
  return 'mine' in reaction ? reaction.mine : reaction.memberIds.includes(member)
}
