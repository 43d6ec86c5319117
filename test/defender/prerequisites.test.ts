import { expect, test } from 'vitest'
import { judgeDevice } from '../../src/defender/prerequisites.ts'

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
