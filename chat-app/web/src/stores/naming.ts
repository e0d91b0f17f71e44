/** Offers members while one of them is being named in a text field. */
import { type Ref, computed, ref, watch } from 'vue'
import type { Participant } from '../api/model'
import { type Naming, nameOf, nameable, namingAt } from './mentions'

export function useNaming(members: () => Participant[], me: number, text: Ref<string>) {
  const naming = ref<Naming>()
  const active = ref(0)
  const offered = computed(() => (naming.value ? nameable(members(), naming.value.query, me) : []))
  watch(naming, () => (active.value = 0))

  /** To be called whenever text or caret have moved. */
  function look(caret: number): void {
    naming.value = namingAt(text.value, caret)
  }

  /** Writes whom was chosen; says where the caret belongs then. */
  function choose(member: Participant): number {
    const { from = 0, query = '' } = naming.value ?? {}
    const name = `${nameOf(member, members())} `
    text.value = text.value.slice(0, from) + name + text.value.slice(from + 1 + query.length)
    naming.value = undefined
    return from + name.length
  }

  /** The next one down, or up for -1; around at the ends. */
  function move(by: 1 | -1): void {
    active.value = (active.value + by + offered.value.length) % offered.value.length
  }

  return { offered, active, look, choose, move, close: () => (naming.value = undefined) }
}
