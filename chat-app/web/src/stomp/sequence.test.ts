import { describe, expect, it } from 'vitest'
import { Sequence } from './sequence'

const at = (...seqs: number[]) => seqs.map((seq) => ({ seq }))
const seqs = (messages: { seq: number }[]) => messages.map(({ seq }) => seq)

function startedAt(last: number): Sequence<{ seq: number }> {
  const sequence = new Sequence<{ seq: number }>()
  sequence.fill(at(last))
  return sequence
}

describe('Sequence', () => {
  it('releases frames that follow each other at once', () => {
    const sequence = startedAt(3)
    expect(seqs(sequence.accept({ seq: 4 }))).toEqual([4])
    expect(seqs(sequence.accept({ seq: 5 }))).toEqual([5])
  })

  it('drops what has been released before', () => {
    const sequence = startedAt(3)
    expect(sequence.accept({ seq: 3 })).toEqual([])
    expect(sequence.fill(at(1, 2, 3))).toEqual([])
    expect(sequence.last).toBe(3)
  })

  it('holds an early frame until the hole is filled live', () => {
    const sequence = startedAt(3)
    expect(sequence.accept({ seq: 6 })).toEqual([])
    expect(sequence.accept({ seq: 5 })).toEqual([])
    expect(sequence.newestHeld).toBe(6)
    expect(seqs(sequence.accept({ seq: 4 }))).toEqual([4, 5, 6])
    expect(sequence.newestHeld).toBeUndefined()
  })

  it('merges a page of history with what is held, each once', () => {
    const sequence = startedAt(3)
    sequence.accept({ seq: 5 })
    sequence.accept({ seq: 7 })
    expect(seqs(sequence.fill(at(4, 5, 6)))).toEqual([4, 5, 6, 7])
  })

  it('holds everything before the first page', () => {
    const sequence = new Sequence<{ seq: number }>()
    expect(sequence.accept({ seq: 9 })).toEqual([])
    expect(sequence.accept({ seq: 11 })).toEqual([])
    expect(seqs(sequence.fill(at(8, 9, 10)))).toEqual([8, 9, 10, 11])
  })

  it('starts an empty room at the first message', () => {
    const sequence = new Sequence<{ seq: number }>()
    sequence.fill([])
    expect(seqs(sequence.accept({ seq: 1 }))).toEqual([1])
  })

  it('believes history that leaves a hole out', () => {
    const sequence = startedAt(3)
    sequence.accept({ seq: 6 })
    sequence.accept({ seq: 9 })
    expect(seqs(sequence.skipTo(6))).toEqual([6])
    expect(sequence.newestHeld).toBe(9)
  })

  it('keeps what is held when it starts over', () => {
    const sequence = startedAt(3)
    sequence.accept({ seq: 2_001 })
    sequence.reset()
    expect(seqs(sequence.fill(at(1_999, 2_000)))).toEqual([1_999, 2_000, 2_001])
  })
})
