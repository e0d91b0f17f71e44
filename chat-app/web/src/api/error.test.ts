import { describe, expect, it } from 'vitest'
import { ApiError } from './error'

describe('ApiError', () => {
  it('takes code, fields and the time to wait from the answer', async () => {
    const body = { code: 'VALIDATION', message: 'no', details: { fields: { name: 'too short' } } }
    const response = new Response(JSON.stringify(body), { status: 400, headers: { 'Retry-After': '30' } })
    expect(await ApiError.from(response)).toMatchObject({
      code: 'VALIDATION',
      status: 400,
      fields: { name: 'too short' },
      retryAfter: 30,
    })
  })

  it('understands a proxy that answers with a page', async () => {
    const response = new Response('<h1>Bad gateway</h1>', { status: 502 })
    expect(await ApiError.from(response)).toMatchObject({ code: 'UNAVAILABLE', status: 502, fields: {} })
  })
})
