/**
 * Can this device's agent give Cloud Discovery what it needs? Judged from DeviceInfo, with reasons in words.
 * https://learn.microsoft.com/en-us/defender-cloud-apps/mde-integration#prerequisites
 */

export interface DeviceFacts {
  /** `Windows10`, `Windows11`, `WindowsServer2019`, `macOS`, `Linux`, ... */
  platform: string
  /** `19045`, or with its revision `10.0.17763.379`; '' = unknown. */
  build: string
  /** `Onboarded`, `Can be onboarded`, `Unsupported`, `Insufficient info`; '' = unknown. */
  onboarding: string
  /** `Active`, `Inactive`, `ImpairedCommunication`, ...; '' = unknown. */
  sensorHealth: string
  /** `block`, `audit`, `off`; '' = the feed does not tell. */
  networkProtection: string
  /** Version of the agent. */
  clientVersion: string
}

export interface Judgement {
  prerequisites: 'met' | 'not-met' | 'unknown'
  /** Reasons separated by `; `. */
  reason: string
}

/** Builds that need a certain revision; a later build needs none. */
const revisions = new Map([
  [16299, { release: '1709', revision: 1085, update: 'KB4493441' }],
  [17134, { release: '1803', revision: 704, update: 'KB4493464' }],
  [17763, { release: '1809', revision: 379, update: 'KB4489899' }],
])
const firstBuild = 16299
const macClient = [20, 123072, 25, 0]

/** One fact against a device, or one that is missing. */
interface Finding {
  verdict: Judgement['prerequisites']
  words: string
}

/** The worst of the findings wins: one thing that is not met, then one that is not known. */
export function judgeDevice(facts: DeviceFacts): Judgement {
  const findings = [system(facts), onboarding(facts), sensor(facts), protection(facts)].filter(
    (finding) => finding !== null,
  )
  const worst =
    (['not-met', 'unknown'] as const).find((verdict) =>
      findings.some((finding) => finding.verdict === verdict),
    ) ?? 'met'
  return { prerequisites: worst, reason: findings.map(({ words }) => words).join('; ') }
}

function system({ platform, build, clientVersion }: DeviceFacts): Finding {
  const name = platform.toLowerCase().replaceAll(' ', '')
  if (name === '') return { verdict: 'unknown', words: 'the feed does not tell the system' }
  if (name === 'windows11') return { verdict: 'met', words: 'Windows 11' }
  if (name.startsWith('windows10')) return windows10(build)
  if (name.startsWith('windowsserver'))
    return {
      verdict: 'unknown',
      words: `${platform}: Windows Server is not in Microsoft's list for discovery; its rows are taken as they are`,
    }
  if (name.startsWith('windows'))
    return { verdict: 'not-met', words: `${platform} is older than Windows 10 version 1709` }
  if (name === 'macos') return mac(clientVersion)
  return { verdict: 'unknown', words: `${platform} is taken as it reports` }
}

function windows10(text: string): Finding {
  const numbers = /(?:^|\.)(\d{5})(?:\.(\d+))?$/.exec(text)
  if (numbers === null)
    return { verdict: 'unknown', words: 'Windows 10, the feed does not tell the build' }
  const build = Number(numbers[1])
  if (build < firstBuild)
    return { verdict: 'not-met', words: `Windows 10 build ${build} is older than version 1709` }
  const needed = revisions.get(build)
  if (needed === undefined) return { verdict: 'met', words: `Windows 10 build ${build}` }
  const least = `${build}.${needed.revision} (${needed.update})`
  const release = `Windows 10 version ${needed.release}`
  if (numbers[2] === undefined)
    return {
      verdict: 'unknown',
      words: `${release} needs build ${least} or later, the feed does not tell the revision`,
    }
  if (Number(numbers[2]) < needed.revision)
    return {
      verdict: 'not-met',
      words: `${release} has build ${build}.${numbers[2]} and needs ${least} or later`,
    }
  return { verdict: 'met', words: `${release}, build ${build}.${numbers[2]}` }
}

function mac(clientVersion: string): Finding {
  const least = macClient.join('.')
  const parts = clientVersion.split('.').map(Number)
  if (clientVersion === '' || parts.some((part) => !Number.isInteger(part)))
    return { verdict: 'unknown', words: `macOS needs agent ${least}, its version is not told` }
  for (const [i, need] of macClient.entries()) {
    const has = parts[i] ?? 0
    if (has > need) break
    if (has < need)
      return { verdict: 'not-met', words: `macOS agent ${clientVersion} is older than ${least}` }
  }
  return { verdict: 'met', words: `macOS, agent ${clientVersion}` }
}

function onboarding({ onboarding: status }: DeviceFacts): Finding {
  if (status === '') return { verdict: 'unknown', words: 'the feed does not tell onboarding' }
  if (status.toLowerCase() === 'onboarded') return { verdict: 'met', words: 'onboarded' }
  return { verdict: 'not-met', words: `not onboarded (${status})` }
}

function sensor({ sensorHealth }: DeviceFacts): Finding {
  if (sensorHealth === '')
    return { verdict: 'unknown', words: 'the feed does not tell the state of the sensor' }
  if (sensorHealth.toLowerCase() === 'active') return { verdict: 'met', words: 'sensor active' }
  return { verdict: 'not-met', words: `the sensor is not active (${sensorHealth})` }
}

/** Discovery works without it on Windows, blocking does not: it is told, and decides on macOS only. */
function protection({ networkProtection, platform }: DeviceFacts): Finding | null {
  if (networkProtection === '') return null
  const off = networkProtection === 'off'
  const words = `network protection ${off ? 'is off: unsanctioned apps are not blocked here' : `in ${networkProtection} mode`}`
  return { verdict: off && platform.toLowerCase() === 'macos' ? 'not-met' : 'met', words }
}
