/** A part of a text, and whether it is what was searched for. */
export interface Piece {
  text: string
  found: boolean
}

/** Cuts a text at its highlights: beginnings and ends in UTF-16 code units, which may overlap. */
export function piecesOf(text: string, highlights: [number, number][]): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const [from, to] of highlights.toSorted(([a], [b]) => a - b)) {
    const begin = Math.max(from, end)
    if (begin > end) pieces.push({ text: text.slice(end, begin), found: false })
    if (to > begin) pieces.push({ text: text.slice(begin, to), found: true })
    end = Math.max(end, to)
  }
  if (end < text.length) pieces.push({ text: text.slice(end), found: false })
  return pieces
}
