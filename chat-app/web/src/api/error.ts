/** A request that failed: refused by the server, never answered (`NETWORK`), or not in time (`TIMEOUT`). */
export class ApiError extends Error {
  constructor(
    /** Stable and machine readable; the only thing to switch on. */
    readonly code: string,
    message: string,
    readonly status = 0,
    /** The fields that were refused, when `code` is `VALIDATION`. */
    readonly fields: string[] = [],
    /** Seconds until a retry makes sense, when the server said so. */
    readonly retryAfter?: number,
  ) {
    super(message)
  }

  static of(cause: unknown): ApiError {
    return cause instanceof ApiError ? cause : new ApiError('NETWORK', String(cause))
  }

  static async from(response: Response): Promise<ApiError> {
    const body = await errorBody(response)
    const retryAfter = Number(response.headers.get('Retry-After')) || undefined
    return new ApiError(
      body.code ?? (response.status >= 500 ? 'UNAVAILABLE' : 'UNKNOWN'),
      body.message ?? response.statusText,
      response.status,
      body.details?.fields?.map(({ field }) => field),
      retryAfter,
    )
  }
}

interface ErrorBody {
  code?: string
  message?: string
  details?: { fields?: { field: string }[] }
}

/** A proxy in between may answer with a page of its own instead of JSON. */
async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    return (await response.json()) as ErrorBody
  } catch {
    return {}
  }
}
