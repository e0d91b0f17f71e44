import { beforeEach, describe, expect, it } from 'vitest'
import { forgetDrafts, useDraft } from './drafts'

describe('drafts', () => {
  beforeEach(() => localStorage.clear())

  it('keeps a text for each member and room', () => {
    useDraft(1, 1).value = '나중에'
    expect(useDraft(1, 1).value).toBe('나중에')
    expect(useDraft(1, 2).value).toBe('')
    expect(useDraft(2, 1).value).toBe('')
  })

  it('leaves nothing behind of what was sent', () => {
    const draft = useDraft(1, 1)
    draft.value = '안녕'
    draft.value = ''
    expect(localStorage).toHaveLength(0)
  })

  it('forgets them all, and nothing else', () => {
    localStorage.setItem('theme', 'dark')
    useDraft(1, 1).value = '하나'
    useDraft(1, 2).value = '둘'
    forgetDrafts()
    expect(Object.keys(localStorage)).toEqual(['theme'])
  })
})
