/** Addresses of a device and who was logged on to it, out of the store. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deviceHistory } from '../../src/report/device-history.ts'
import { hour, openMerge } from '../merge/merge-parts.ts'
import type { MergeStand } from '../merge/merge-parts.ts'

let stand: MergeStand
let report = ''

beforeAll(async () => {
  stand = await openMerge()
  report = stand.report()
  await stand.addresses(report, [
    { at: hour, device_id: 'd1', ip: '10.0.0.1' },
    { at: hour + 600, device_id: 'd1', ip: '10.0.0.1' },
    { at: hour + 900, device_id: 'd1', ip: '192.168.1.4' },
    { at: hour, device_id: 'd2', ip: '10.0.0.2' },
  ])
  const logon = (seconds: number, id: string, user: string, action = 'LogonSuccess') => ({
    report,
    at: (hour + seconds) * 1000,
    device_id: id,
    device: `${id}.example.com`,
    user,
    logon_type: 'Interactive',
    action,
    source: 'defender',
  })
  await stand.store.insert('device_logons', [
    logon(0, 'd1', 'CORP\\ann'),
    logon(60, 'd1', 'CORP\\ann', 'LoggedOn'),
    logon(90, 'd1', 'CORP\\eve', 'LogonFailed'),
    logon(60, 'd2', 'CORP\\ben'),
  ])
}, 60_000)
afterAll(() => stand.close())

test('the last first, each address and person once, with how often it was told', async () => {
  const { addresses, logons } = await deviceHistory(stand.store, { report }, 'D1.example.com')
  expect(addresses.map(({ ip, times }) => [ip, times])).toEqual([
    ['192.168.1.4', 1],
    ['10.0.0.1', 2],
  ])
  expect(addresses[1]).toMatchObject({
    first: new Date(hour * 1000).toISOString(),
    last: new Date((hour + 600) * 1000).toISOString(),
  })
  expect(logons).toMatchObject([{ user: 'CORP\\ann', times: 2 }])
})

test('a device no agent knows has no history', async () => {
  expect(await deviceHistory(stand.store, { report }, 'nobody')).toEqual({
    addresses: [],
    logons: [],
  })
})
