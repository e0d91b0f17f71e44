/** What the reader of a room does with its messages: says, answers, edits, deletes and reacts. */
import { computed, ref, shallowRef } from 'vue'
import { deleteMessage, editMessage, react as sendReaction } from '../api/messages'
import { setBlocked } from '../api/members'
import type { Attachment, Message, Reply } from '../api/model'
import { explain } from '../i18n'
import { send } from './outbox'
import { useTask } from './task'

/** What the composer is for, when not for a new message. */
export interface Composing {
  kind: 'reply' | 'edit'
  message: Message
}

const EXCERPT = 80

/** `find` gives a message as it is now, if it is there. */
export function useMessageActions(roomId: number, find: (id: number) => Message | undefined) {
  const composing = shallowRef<Composing>()

  /** Sends the text, or puts it in the place of the one being edited; true if there is a new message. */
  function submit(text: string, files: Attachment[]): boolean {
    const { kind, message } = composing.value ?? {}
    if (kind === 'edit' && message) {
      void save(message, text)
      return false
    }
    composing.value = undefined
    send(roomId, text, { replyTo: message ? asReply(message) : null, files })
    return true
  }

  const { problem: editProblem, run: save } = useTask(async (message: Message, text: string) => {
    try {
      if (text !== message.message) await editMessage(message, text)
      composing.value = undefined
    } catch (cause) {
      // Whoever tries again has seen what it is now.
      const newer = find(message.id)
      if (newer) composing.value = { kind: 'edit', message: newer }
      throw cause
    }
  })

  const actProblem = ref('')

  /** None of these waits for another, however slow the line is. */
  async function act(action: Promise<void>): Promise<void> {
    actProblem.value = ''
    try {
      await action
    } catch (cause) {
      actProblem.value = explain(cause)
    }
  }

  return {
    composing,
    problem: computed(() => editProblem.value || actProblem.value),
    submit,
    compose: (kind: Composing['kind'], message: Message) => (composing.value = { kind, message }),
    /** Who said it cannot begin a conversation any more; undone in the settings. */
    block: ({ senderId }: Message) => senderId && act(setBlocked(senderId, true)),
    remove: (message: Message) => act(deleteMessage(message.id)),
    react: (message: Message, emoji: string, on: boolean) => act(sendReaction(message.id, emoji, on)),
  }
}

function asReply({ id, seq, senderName, message }: Message): Reply {
  return { id, seq, senderName, excerpt: message.slice(0, EXCERPT) }
}
