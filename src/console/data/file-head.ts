/** The first lines of a chosen file, before it is sent. */

const headBytes = 48 * 1024

export interface FileHead {
  text: string
  /** Mean length of its lines, to tell how many the whole file has; null when it is packed. */
  lineBytes: number | null
}

/** Unpacked when it is gzip; null when it is packed otherwise or holds no text. */
export async function headOf(file: File): Promise<FileHead | null> {
  const magic = new Uint8Array(await file.slice(0, 4).arrayBuffer())
  if (magic[0] === 0x50 && magic[1] === 0x4b) return null
  if (magic[0] === 0x28 && magic[1] === 0xb5) return null
  const packed = magic[0] === 0x1f && magic[1] === 0x8b
  const bytes = packed ? await unpacked(file) : await file.slice(0, headBytes).arrayBuffer()
  const text = new TextDecoder().decode(bytes)
  if (text.includes('\0')) return null
  const end = text.lastIndexOf('\n')
  const lines = text.split('\n').length - 1
  return {
    text: end > 0 && text.length > 8000 ? text.slice(0, end) : text,
    lineBytes: packed || lines === 0 ? null : bytes.byteLength / lines,
  }
}

async function unpacked(file: File): Promise<ArrayBuffer> {
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const pieces: BlobPart[] = []
  let length = 0
  while (length < headBytes) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value as BlobPart)
    length += value.length
  }
  await reader.cancel()
  return new Blob(pieces).slice(0, headBytes).arrayBuffer()
}

/** Files that were dropped, and those within dropped folders. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry())
  const plain = [...transfer.files]
  if (entries.every((entry) => entry === null || entry.isFile)) return plain
  const found: File[] = []
  for (const entry of entries) if (entry !== null) await walk(entry, found)
  return found
}

async function walk(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.isFile) {
    const file = entry as FileSystemFileEntry
    found.push(await new Promise<File>((resolve, reject) => file.file(resolve, reject)))
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // a reader gives some hundred entries at a time, and none at the end
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return
    for (const child of some) await walk(child, found)
  }
}
