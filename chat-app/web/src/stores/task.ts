/** One thing a form or a page does: whether it is running and how it failed. */
import { ref } from 'vue'
import { ApiError } from '../api/error'
import { explain } from '../i18n'

export function useTask<Args extends unknown[]>(work: (...args: Args) => Promise<unknown>) {
  const running = ref(false)
  const problem = ref('')
  const fields = ref<string[]>([])
  /** It has worked, and has not been tried since. */
  const done = ref(false)

  async function run(...args: Args): Promise<void> {
    if (running.value) return
    running.value = true
    problem.value = ''
    fields.value = []
    done.value = false
    try {
      await work(...args)
      done.value = true
    } catch (cause) {
      problem.value = explain(cause)
      fields.value = ApiError.of(cause).fields
    } finally {
      running.value = false
    }
  }

  return { running, problem, fields, done, run }
}
