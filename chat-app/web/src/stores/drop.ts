/** Files that are dragged onto a part of the page. */
import { ref } from 'vue'

export function useDrop(receive: (files: FileList) => void) {
  /** They are held over it. */
  const over = ref(false)
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false

  function dragover(event: DragEvent): void {
    if (!hasFiles(event)) return
    // Otherwise the browser opens them in place of the page.
    event.preventDefault()
    over.value = true
  }

  function drop(event: DragEvent): void {
    if (!hasFiles(event)) return
    event.preventDefault()
    over.value = false
    if (event.dataTransfer) receive(event.dataTransfer.files)
  }

  return { over, handlers: { dragover, drop, dragleave: () => (over.value = false) } }
}
