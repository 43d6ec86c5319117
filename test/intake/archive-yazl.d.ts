/** The part of yazl that the tests use; the package has no types of its own. */
declare module 'yazl' {
  export class ZipFile {
    addBuffer(bytes: Buffer, name: string, options?: { mtime?: Date }): void
    end(): void
    outputStream: AsyncIterable<Buffer>
  }
}
