/**
 * The same lines through Gnomon's parser and through what people would use instead, one core each, in one run:
 *
 *     node test/bench/peers.ts [--lines 200000] [--rounds 5] [--rsyslog <folder>] [--markdown]
 *
 * syslog-ng (csv-parser, kv-parser) is taken from the PATH. rsyslog (mmnormalize) too, or from the folder into which its packages
 * and their libraries were unpacked (`dpkg -x`): both cannot be installed side by side. ClickHouse is the one of the store.
 * CPU time counts, of all threads of a process: what others do on the box at the same time does not. A peer that does not give a
 * row for every line fails the run.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchParse } from '../../src/bench/parse-bench.ts'
import { median } from '../../src/bench/median.ts'
import { generatedLines, seed } from '../../src/bench/samples.ts'
import { asa, fortigate, panTraffic, squid, zscaler } from '../../src/generate/log-lines.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { clickHouse, rsyslog, syslogNg } from './peer-programs.ts'
import type { Peer } from './peer-programs.ts'

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
    rsyslog: { type: 'string' },
    // a table for a page is what it prints anyway
    markdown: { type: 'boolean', default: false },
  },
})
const lineCount = Number(values.lines)
const toMs = Date.UTC(2026, 9, 15, 10)
const devices = { panTraffic, fortigate, zscaler, asa, squid }
const titles: Record<string, string> = {
  panTraffic: 'PAN-OS TRAFFIC',
  fortigate: 'FortiGate',
  zscaler: 'Zscaler NSS CSV',
  asa: 'Cisco ASA',
  squid: 'Squid native',
}
const peers: Record<string, Peer> = {
  'syslog-ng': syslogNg,
  rsyslog: rsyslog(values.rsyslog),
  ClickHouse: clickHouse,
}

/** Peers that are not on this box: their cells say so. */
const missing = new Set<string>()
/** No such program, or no such folder. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function say(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: false })
const folder = await mkdtemp(join(tmpdir(), 'gnomon-peers-'))
process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model}, node ${process.version}, seed ${seed}, ${lineCount} lines, median of ${values.rounds}, the others' figures with how many times Gnomon's is theirs\n\n`,
)
say(['MB/s of one core', 'Gnomon', ...Object.keys(peers)])
say(['---', ...Object.keys({ Gnomon: 0, ...peers }).map(() => '---:')])
try {
  for (const [name, lineOf] of Object.entries(devices)) {
    const file = join(folder, `${name}.log`)
    const bytes = Buffer.from(`${generatedLines(lineOf, toMs, lineCount).join('\n')}\n`)
    await writeFile(file, bytes)
    const rates: Record<string, number[]> = { Gnomon: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      const own = benchParse(bytes, formats, { seconds: 3, nowMs: toMs })
      rates.Gnomon.push(own.perSecond)
      for (const [peer, run] of Object.entries(peers)) {
        if (missing.has(peer)) continue
        const cpuSeconds = await run(name, file, lineCount, folder).catch((error: unknown) => {
          if (!isAbsent(error)) throw error
          missing.add(peer)
          return null
        })
        if (cpuSeconds !== null) (rates[peer] ??= []).push(bytes.length / cpuSeconds)
      }
    }
    const own = median(rates.Gnomon, Number)
    const cells = Object.keys(peers).map((peer) => {
      if (missing.has(peer)) return 'not on this box'
      if (rates[peer] === undefined) return ''
      const rate = median(rates[peer], Number)
      return `${(rate / 1e6).toFixed(0)} (${(own / rate).toFixed(1)} ×)`
    })
    say([titles[name] ?? name, (own / 1e6).toFixed(0), ...cells])
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
