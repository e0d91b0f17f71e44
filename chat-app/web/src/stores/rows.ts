/** Turns messages into the rows of the list: day dividers, sender lines, bubbles, notices. */
import type { Attachment, Member, Message, Reaction, Reply } from '../api/model'
import { dayKey, minuteKey } from '../i18n/dates'
import type { Outgoing } from './outbox'
import { isOf } from './reactions'

/** A message's look, whether it comes from the server or is still on its way there. */
export interface Bubble {
  kind: 'bubble'
  key: string
  text: string
  at: string
  own: boolean
  /** The first and the last of what one member said in one breath. */
  first: boolean
  last: boolean
  /** Absent while the server has not stored it. */
  message?: Message
  replyTo: Reply | null
  files: Attachment[]
  reactions: OwnReaction[]
  /** It names the reader. */
  named: boolean
  /** How many members have not read it. */
  unreadBy: number
  /** Absent once the room has it. */
  outgoing?: Outgoing
}

export interface OwnReaction {
  emoji: string
  count: number
  mine: boolean
}

export type Row =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'unread'; key: string }
  | { kind: 'sender'; key: string; message: Message }
  | { kind: 'notice'; key: string; message: Message }
  | Bubble

export interface RowContext {
  me: number
  /** The first message that was unread when the room was opened. */
  unreadFrom?: number
  unreadBy: (seq: number, senderId: Message['senderId']) => number
  memberOf: (id: Message['senderId']) => Member | undefined
}

/**
 * The sender line is a row of its own: when an older page continues a group it
 * disappears, and the bubble below it must not change its place.
 */
export function rowsOf(messages: Message[], pending: Outgoing[], { me, unreadFrom, unreadBy, memberOf }: RowContext): Row[] {
  const rows: Row[] = []

  messages.forEach((stored, index) => {
    const message = asOf(memberOf(stored.senderId), stored)
    const previous = messages[index - 1]
    if (!previous || dayKey(previous.createdAt) !== dayKey(message.createdAt)) {
      rows.push({ kind: 'day', key: `day-${dayKey(message.createdAt)}`, at: message.createdAt })
    }
    const unread = message.seq === unreadFrom
    if (unread) rows.push({ kind: 'unread', key: 'unread' })
    if (message.type !== 'TALK') {
      rows.push({ kind: 'notice', key: keyOf(message), message })
      return
    }
    const own = message.senderId === me
    const first = unread || !sameGroup(previous, message)
    const last = !sameGroup(message, messages[index + 1])
    if (first && !own) rows.push({ kind: 'sender', key: `sender-${message.seq}`, message })
    rows.push({
      kind: 'bubble',
      key: keyOf(message),
      text: message.message,
      at: message.createdAt,
      own,
      first,
      last,
      message,
      replyTo: message.replyTo ?? null,
      files: message.files,
      reactions: message.reactions.map((reaction) => asSeenBy(me, reaction)),
      named: message.mentions.includes(me),
      unreadBy: unreadBy(message.seq, message.senderId),
    })
  })

  pending.forEach((entry, index) => {
    const { clientMessageId: key, message: text, createdAt: at, replyTo, files } = entry
    const nothing = { reactions: [], named: false, unreadBy: 0 }
    rows.push({ kind: 'bubble', key, text, at, own: true, first: !index, last: true, replyTo, files, ...nothing, outgoing: entry })
  })
  return rows
}

/** Names and pictures change: those of members are shown as they are now, of others as they were. */
function asOf(sender: Member | undefined, message: Message): Message {
  if (!sender) return message
  return { ...message, senderName: sender.name, senderTag: sender.tag, senderAvatarUrl: sender.avatarUrl }
}

function asSeenBy(me: number, reaction: Reaction): OwnReaction {
  const { emoji, count } = reaction
  return { emoji, count, mine: isOf(me, reaction) }
}

/** An own message keeps its row when the server's copy takes the place of the pending one. */
function keyOf({ clientMessageId, seq }: Message): string {
  return clientMessageId ?? `seq-${seq}`
}

/** Said in one breath: by the same member, in the same minute. */
function sameGroup(a: Message | undefined, b: Message | undefined): boolean {
  if (a?.type !== 'TALK' || b?.type !== 'TALK') return false
  return a.senderId === b.senderId && minuteKey(a.createdAt) === minuteKey(b.createdAt)
}
