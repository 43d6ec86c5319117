/** The part of yauzl 3 that is used here; the package has no types of its own. */
declare module 'yauzl' {
  import type { Readable } from 'node:stream'

  export class RandomAccessReader {
    _readStreamForRange(start: number, end: number): Readable
    read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      callback: (error: Error | null, bytesRead?: number) => void,
    ): void
    close(callback: (error?: Error | null) => void): void
  }

  export interface Entry {
    fileNameRaw: Buffer
    generalPurposeBitFlag: number
    compressionMethod: number
    crc32: number
    compressedSize: number
    uncompressedSize: number
    isEncrypted(): boolean
    canDecodeFileData(): boolean
  }

  export interface ZipFile {
    entryCount: number
    eachEntry(): AsyncGenerator<Entry>
    openReadStreamPromise(entry: Entry): Promise<Readable>
    close(): void
  }

  export function fromRandomAccessReaderPromise(
    reader: RandomAccessReader,
    totalSize: number,
    options: { decodeStrings: boolean; autoClose: boolean },
  ): Promise<ZipFile>
}
