import { createSocket } from 'node:dgram'
import { describe, expect, test } from 'vitest'
import {
  DropCounter,
  ownSocketInodes,
  parseUdpTable,
  readUdpTables,
} from '../../src/intake/kernel-drops.ts'

const udp4 = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
  411: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 35108 2 0000000000000000 0         
  512: 00000000:0202 00000000:0000 07 00000000:00033A00 00:00000000 00000000   101        0 41777 2 0000000000000000 90210     
`
const udp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  411: 00000000000000000000000000000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 35111 2 0000000000000000 17
`

describe('parseUdpTable', () => {
  test('IPv4', () => {
    expect(parseUdpTable(udp4)).toEqual([
      { port: 5514, inode: 35108, drops: 0 },
      { port: 514, inode: 41777, drops: 90210 },
    ])
  })

  test('IPv6', () => {
    expect(parseUdpTable(udp6)).toEqual([{ port: 5514, inode: 35111, drops: 17 }])
  })

  test.each([
    ['nothing', ''],
    ['only the header', udp4.split('\n')[0]],
    ['other text', 'a b c\nd e f\n'],
    ['a kernel without the column', udp4.replace('drops', '')],
    ['a broken row', `${udp4.split('\n')[0]}\n 1: x y z\n${'q '.repeat(20)}\n`],
  ])('%s gives no rows', (_name, text) => {
    expect(parseUdpTable(text)).toEqual([])
  })
})

const socketRow = (inode: number, drops: number) => ({ port: 5514, inode, drops })

test('growth is counted for each socket, over the wrap of 32 bits too', () => {
  const counter = new DropCounter()
  expect(counter.grow([socketRow(1, 0), socketRow(2, 5)])).toBe(5)
  expect(counter.grow([socketRow(1, 3), socketRow(2, 5)])).toBe(3)
  expect(counter.grow([socketRow(2, 4_294_967_290)])).toBe(4_294_967_285)
  expect(counter.grow([socketRow(2, 2), socketRow(3, 1)])).toBe(3)
  expect(counter.grow([])).toBe(0)
})

test.skipIf(process.platform !== 'linux')(
  'a socket of our own is found in the real tables',
  async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve)
    })
    const { port } = socket.address()
    const rows = await readUdpTables()
    const inodes = await ownSocketInodes()
    socket.close()
    const ours = rows?.filter((row) => row.port === port) ?? []
    expect(ours).toHaveLength(1)
    expect(inodes?.has(ours[0].inode)).toBe(true)
  },
)
