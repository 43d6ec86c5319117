import { expect, test } from 'vitest'
import { judgeDevice } from '../../src/defender/prerequisites.ts'
import { read } from './agent-parts.ts'

const good = {
  platform: 'Windows10',
  build: '19045',
  onboarding: 'Onboarded',
  sensorHealth: 'Active',
  networkProtection: '',
  clientVersion: '',
}

test.each([
  [{}, 'met', 'Windows 10 build 19045'],
  [{ platform: 'Windows11', build: '22631' }, 'met', 'Windows 11'],
  [{ build: '16299.1085' }, 'met', 'Windows 10 version 1709, build 16299.1085'],
  [{ build: '16299.1084' }, 'not-met', 'needs 16299.1085 (KB4493441) or later'],
  [{ build: '17134.704' }, 'met', '1803'],
  [{ build: '17134.703' }, 'not-met', 'KB4493464'],
  [{ build: '10.0.17763.379' }, 'met', '1809'],
  [{ build: '17763.1' }, 'not-met', 'KB4489899'],
  [{ build: '17763' }, 'unknown', 'the feed does not tell the revision'],
  [{ build: '15063' }, 'not-met', 'older than version 1709'],
  [{ build: '' }, 'unknown', 'does not tell the build'],
  [{ platform: 'Windows7' }, 'not-met', 'older than Windows 10'],
  [{ platform: 'WindowsServer2019' }, 'unknown', 'Windows Server is not in'],
  [{ platform: '' }, 'unknown', 'does not tell the system'],
  [{ platform: 'Linux' }, 'unknown', 'Linux is taken as it reports'],
  [{ platform: 'macOS', clientVersion: '20.123072.25.0' }, 'met', 'macOS, agent'],
  [{ platform: 'macOS', clientVersion: '101.25012.0007' }, 'met', 'macOS, agent'],
  [{ platform: 'macOS', clientVersion: '20.123072.24.9' }, 'not-met', 'is older than'],
  [{ platform: 'macOS' }, 'unknown', 'its version is not told'],
  [{ onboarding: 'Can be onboarded' }, 'not-met', 'not onboarded (Can be onboarded)'],
  [{ onboarding: '' }, 'unknown', 'does not tell onboarding'],
  [{ sensorHealth: 'Inactive' }, 'not-met', 'the sensor is not active (Inactive)'],
  [{ sensorHealth: '' }, 'unknown', 'does not tell the state of the sensor'],
  [{ networkProtection: 'off' }, 'met', 'unsanctioned apps are not blocked here'],
  [
    { platform: 'macOS', clientVersion: '101.0.0.0', networkProtection: 'off' },
    'not-met',
    'network protection is off',
  ],
])('%o', (more, prerequisites, words) => {
  const judged = judgeDevice({ ...good, ...more })
  expect(judged.prerequisites).toBe(prerequisites)
  expect(judged.reason).toContain(words)
})

test.each<[string, Record<string, unknown>, string, string]>([
  ['the build alone', { OSBuild: 17763 }, '17763', 'unknown'],
  ['as text of an export', { OSBuild: '17763' }, '17763', 'unknown'],
  ['with its revision', { OSBuild: '10.0.17763.379' }, '17763.379', 'met'],
  [
    'in the free text',
    { OSBuild: 17763, OSVersionInfo: '1809 (OS Build 17763.378)' },
    '17763.378',
    'not-met',
  ],
  ['in a column of an own query', { OSBuild: 17134, OSBuildRevision: 704 }, '17134.704', 'met'],
  [
    'in the additional fields',
    { OSBuild: 16299, AdditionalFields: '{"OsBuildRevision":1084}' },
    '16299.1084',
    'not-met',
  ],
  ['a revision that is none', { OSBuild: 17763, OSBuildRevision: 'x' }, '17763', 'unknown'],
  ['a version that is no build', { OSBuild: 17763, OSVersionInfo: '1809' }, '17763', 'unknown'],
  ['no build', {}, '', 'unknown'],
])('DeviceInfo tells %s', (_, more, build, prerequisites) => {
  const row = {
    Timestamp: '2026-09-21T14:13:20Z',
    DeviceId: 'd1',
    DeviceName: 'pc',
    OSPlatform: 'Windows10',
    OnboardingStatus: 'Onboarded',
    SensorHealthState: 'Active',
    ...more,
  }
  const { told, tables } = read([JSON.stringify(row)])
  expect(told).toMatchObject([{ outcome: 'transaction', format: 'DEFENDER_DEVICE_INFO' }])
  expect(tables.devices).toMatchObject([{ os_build: build, prerequisites }])
})
