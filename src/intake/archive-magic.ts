/** What a file is by its first bytes; its name is never asked. */

/** What is done with the content: unpacked, decoded, passed on, or refused by its name. */
export type ContentKind =
  | 'plain'
  | 'utf-16le'
  | 'utf-16be'
  | 'gzip'
  | 'zip'
  | 'zstd'
  | 'tar'
  | 'bzip2'
  | 'xz'
  | '7z'
  | 'rar'
  | 'pcap'
  | 'evtx'
  | 'pdf'

/** Bytes of the beginning that tell all kinds apart: tar has its mark at 257 (POSIX.1-1988 ustar header). */
export const headBytes = 512

const marks: readonly [kind: ContentKind, at: number, bytes: readonly number[]][] = [
  // RFC 1952: ID1, ID2, CM = deflate (no other method exists).
  ['gzip', 0, [0x1f, 0x8b, 0x08]],
  // APPNOTE.TXT: local file header, end of an empty archive, and the mark of a split one.
  ['zip', 0, [0x50, 0x4b, 0x03, 0x04]],
  ['zip', 0, [0x50, 0x4b, 0x05, 0x06]],
  ['zip', 0, [0x50, 0x4b, 0x07, 0x08]],
  // RFC 8878.
  ['zstd', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', 0, [0x42, 0x5a, 0x68]],
  ['xz', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['7z', 0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', 0, [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  // libpcap in both byte orders, in micro- and nanoseconds; pcapng by its section header and byte order.
  ['pcap', 0, [0xd4, 0xc3, 0xb2, 0xa1]],
  ['pcap', 0, [0xa1, 0xb2, 0xc3, 0xd4]],
  ['pcap', 0, [0x4d, 0x3c, 0xb2, 0xa1]],
  ['pcap', 0, [0xa1, 0xb2, 0x3c, 0x4d]],
  ['pcap', 8, [0x4d, 0x3c, 0x2b, 0x1a]],
  ['pcap', 8, [0x1a, 0x2b, 0x3c, 0x4d]],
  ['evtx', 0, [0x45, 0x6c, 0x66, 0x46, 0x69, 0x6c, 0x65, 0x00]],
  ['pdf', 0, [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['tar', 257, [0x75, 0x73, 0x74, 0x61, 0x72]],
  ['utf-16le', 0, [0xff, 0xfe]],
  ['utf-16be', 0, [0xfe, 0xff]],
]

/** The second mark of bzip2, a block's or the stream's end: `BZh` alone may begin a log line. */
const bzip2Blocks = ['314159265359', '177245385090']

/** Recognises content by its first `headBytes` bytes (fewer when it is shorter). */
export function contentKind(head: Uint8Array): ContentKind {
  for (const [kind, at, bytes] of marks) {
    if (!bytes.every((byte, index) => head[at + index] === byte)) continue
    if (kind === 'bzip2' && !isBzip2(head)) continue
    return kind
  }
  if (isSkippableZstd(head)) return 'zstd'
  if (isAsciiEveryOther(head, 0)) return 'utf-16le'
  return isAsciiEveryOther(head, 1) ? 'utf-16be' : 'plain'
}

/** UTF-16 without a byte order mark, of a log line in ASCII: characters from `first` on, a zero with each. */
function isAsciiEveryOther(head: Uint8Array, first: number): boolean {
  if (head.length < 16) return false
  for (let i = 0; i < 16; i += 2) {
    const b = head[i + first]
    if (head[i + 1 - first] !== 0 || b > 126 || (b < 32 && b !== 9 && b !== 10 && b !== 13))
      return false
  }
  return true
}

function isBzip2(head: Uint8Array): boolean {
  return bzip2Blocks.includes(Buffer.from(head.subarray(4, 10)).toString('hex'))
}

/** RFC 8878, section 3.1.2: a frame to be skipped, as pzstd writes one in front. */
function isSkippableZstd(head: Uint8Array): boolean {
  return (
    head.length >= 4 &&
    (head[0] & 0xf0) === 0x50 &&
    head[1] === 0x2a &&
    head[2] === 0x4d &&
    head[3] === 0x18
  )
}
