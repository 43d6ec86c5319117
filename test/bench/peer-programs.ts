/** Other programs that cut the same lines: each reads a file, splits every line and writes the few fields Gnomon keeps. */
import { execFile, spawn } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cpuSecondsOf } from '../../src/bench/process-cpu.ts'

/** CPU seconds for a file of so many lines, or null when the program has nothing for such lines. */
export type Peer = (
  device: string,
  file: string,
  lines: number,
  folder: string,
) => Promise<number | null>

const columns = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`)

/** Parser and the fields that are written. A TRAFFIC record's last one that a flow needs is the 103rd. */
const syslogNgParsers: Record<string, [string, string]> = {
  panTraffic: [
    `csv-parser(columns(${columns(103)
      .map((name) => `"${name}"`)
      .join(',')}) delimiters(",") quote-pairs('""'))`,
    '$c7 $c8 $c12 $c14 $c25 $c29 $c30 $c32 $c33 $c102',
  ],
  fortigate: [
    'kv-parser(prefix(".kv."))',
    '${.kv.srcip} ${.kv.dstip} ${.kv.user} ${.kv.app} ${.kv.hostname} ${.kv.dstport} ${.kv.action} ${.kv.sentbyte} ${.kv.rcvdbyte}',
  ],
  squid: [
    `csv-parser(columns(${columns(10)
      .map((name) => `"${name}"`)
      .join(',')}) delimiters(" ") flags(greedy))`,
    '$c0 $c2 $c3 $c4 $c6 $c7 $c8',
  ],
  zscaler: [
    `csv-parser(columns(${columns(34)
      .map((name) => `"${name}"`)
      .join(',')}) delimiters(",") quote-pairs('""'))`,
    '$c0 $c1 $c3 $c4 $c5 $c7 $c8 $c21 $c22 $c32',
  ],
}

/** Waits until `out` has a row for each line; the CPU seconds the process took. Ends the process. */
async function measured(
  command: string,
  args: readonly string[],
  out: string,
  lines: number,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  // a program that is not there never begins
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const endMs = Date.now() + 300_000
    while (Date.now() < endMs && child.exitCode === null) {
      await delay(200)
      if (existsSync(out) && (await rowsOf(out)) >= lines) return cpuSecondsOf(child.pid ?? 0)
    }
    const rows = existsSync(out) ? await rowsOf(out) : 0
    throw new Error(`${command}: ${rows} of ${lines} rows\n${errors.slice(0, 2000)}`)
  } finally {
    child.kill('SIGKILL')
    await gone
  }
}

async function rowsOf(file: string): Promise<number> {
  let rows = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    for (
      let at = (chunk as Buffer).indexOf(10);
      at >= 0;
      at = (chunk as Buffer).indexOf(10, at + 1)
    )
      rows++
  return rows
}

export const syslogNg: Peer = async (device, file, lines, folder) => {
  const parser = syslogNgParsers[device]
  if (parser === undefined) return null
  const work = join(folder, 'syslog-ng')
  await rm(work, { recursive: true, force: true })
  await mkdir(work)
  const out = join(work, 'out')
  const config = join(work, 'conf')
  await writeFile(
    config,
    `@version: 3.35
options { threaded(no); stats-freq(0); use-dns(no); flush-lines(1000); };
source s { file("${file}" flags(no-parse) log-fetch-limit(1000) log-iw-size(10000)); };
parser p { ${parser[0]}; };
destination d { file("${out}" template("${parser[1]}\\n") log-fifo-size(100000)); };
log { source(s); parser(p); destination(d); flags(flow-control); };
`,
  )
  const args = [
    '-F',
    '--no-caps',
    '-f',
    config,
    '-R',
    join(work, 'persist'),
    '-p',
    join(work, 'pid'),
    '-c',
    join(work, 'ctl'),
  ]
  return measured('syslog-ng', args, out, lines, process.env)
}

const csvRule = (count: number): string =>
  [...columns(count).map((name) => `%${name}:char-sep:,%`), '%rest:rest%'].join(',')
const rules: Record<string, [string, string[]]> = {
  panTraffic: [csvRule(103), ['c7', 'c8', 'c12', 'c14', 'c25', 'c29', 'c30', 'c32', 'c33', 'c102']],
  // no FortiGate: a name-value list of liblognorm 2.0.6 takes no value in quotes that holds a blank
  squid: [
    '%c0:word%%-:whitespace%%c1:word% %c2:word% %c3:word% %c4:word% %c5:word% %c6:word% %c7:word% %c8:word% %c9:rest%',
    ['c0', 'c2', 'c3', 'c4', 'c6', 'c7', 'c8'],
  ],
  zscaler: [
    columns(34)
      .map((name) => `"%${name}:char-sep:"%"`)
      .join(','),
    ['c0', 'c1', 'c3', 'c4', 'c5', 'c7', 'c8', 'c21', 'c22', 'c32'],
  ],
  asa: [
    '%head:char-to:>%>%when:date-rfc3164% %host:word% : %id:word% Teardown %proto:word% connection %serial:number% for %if1:char-to::%:%ip1:char-to:/%/%port1:number% to %if2:char-to::%:%ip2:char-to:/%/%port2:number% duration %duration:word% bytes %bytes:number% %reason:rest%',
    ['when', 'proto', 'ip1', 'port1', 'ip2', 'port2', 'bytes'],
  ],
}

/** rsyslog on the PATH, or unpacked under `root`. */
export function rsyslog(root: string | undefined): Peer {
  const libraries = root === undefined ? '' : join(root, 'usr/lib/x86_64-linux-gnu')
  const command = root === undefined ? 'rsyslogd' : join(root, 'usr/sbin/rsyslogd')
  return async (device, file, lines, folder) => {
    const rule = rules[device]
    if (rule === undefined) return null
    const work = join(folder, 'rsyslog')
    await rm(work, { recursive: true, force: true })
    await mkdir(work)
    const out = join(work, 'out')
    const [base, config] = [join(work, 'rules'), join(work, 'conf')]
    await writeFile(base, `version=2\nrule=:${rule[0]}\n`)
    const row = rule[1].map((name) => `%$!${name}%`).join(' ')
    await writeFile(
      config,
      `global(workDirectory="${work}" maxMessageSize="64k")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="mmnormalize")
template(name="row" type="string" string="${row}\\n")
input(type="imfile" file="${file}" tag="x" readTimeout="1" ruleset="r")
ruleset(name="r" queue.type="direct") {
  action(type="mmnormalize" ruleBase="${base}" useRawMsg="off")
  if $parsesuccess == "OK" then action(type="omfile" file="${out}" template="row" asyncWriting="on" flushInterval="1" flushOnTXEnd="off" ioBufferSize="64k")
}
`,
    )
    const modules = libraries === '' ? [] : ['-M', join(libraries, 'rsyslog')]
    const env = { ...process.env, ...(libraries === '' ? {} : { LD_LIBRARY_PATH: libraries }) }
    return measured(
      command,
      ['-n', '-f', config, '-i', join(work, 'pid'), ...modules],
      out,
      lines,
      env,
    )
  }
}

const queries: Record<string, string> = {
  panTraffic: `select toStartOfMinute(parseDateTimeBestEffortOrNull(c[103])) m, c[8], c[9], c[13], c[15], c[26], c[30], c[31], sum(toUInt64OrZero(c[33])), sum(toUInt64OrZero(c[34])), count() n from (select splitByChar(',', line) c from lines) group by all`,
  fortigate: `select intDiv(toUInt64OrZero(c['eventtime']), 60000000000) m, c['srcip'], c['dstip'], c['user'], c['app'], c['hostname'], c['dstport'], c['action'], sum(toUInt64OrZero(c['sentbyte'])), sum(toUInt64OrZero(c['rcvdbyte'])), count() n from (select extractKeyValuePairs(line, '=', ' ', '"') c from lines) group by all`,
  squid: `select intDiv(toUInt64OrZero(substring(c[1], 1, 10)), 60) m, c[3], c[4], c[7], c[8], c[9], sum(toUInt64OrZero(c[5])), count() n from (select splitByWhitespace(line) c from lines) group by all`,
  zscaler: `select toStartOfMinute(parseDateTimeBestEffortOrNull(substring(c[1], 6))) m, c[2], c[4], c[5], c[6], c[22], c[23], c[33], sum(toUInt64OrZero(c[8])), sum(toUInt64OrZero(c[9])), count() n from (select splitByString('","', line) c from lines) group by all`,
  asa: `select toStartOfMinute(parseDateTimeBestEffortOrNull(substring(line, 6, 15))) m, c[1], c[2], c[3], c[4], c[5], sum(toUInt64OrZero(c[6])), count() n from (select line, extractGroups(line, 'Teardown (\\\\w+) connection \\\\d+ for [^:]+:([^/]+)/(\\\\d+) to [^:]+:([^/]+)/(\\\\d+) duration \\\\S+ bytes (\\\\d+)') c from lines) group by all`,
}

/** The store's ClickHouse on one thread: splits and groups by minute and parties, as Gnomon's parse threads do. */
export const clickHouse: Peer = async (device, file, lines) => {
  const query = queries[device]
  if (query === undefined) return null
  const sql = query.replace('from lines', `from file('${file}', LineAsString)`)
  const script = `import { query } from 'chdb'
    const before = process.cpuUsage()
    const told = query(process.argv[1], 'CSV')
    const { user, system } = process.cpuUsage(before)
    process.stdout.write(JSON.stringify({ rows: Number(told), seconds: (user + system) / 1e6 }))`
  const counted = `select sum(n) from (${sql}) settings max_threads = 1`
  const args = ['--input-type=module', '-e', script, counted]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  const { rows, seconds } = JSON.parse(stdout) as { rows: number; seconds: number }
  if (rows !== lines) throw new Error(`ClickHouse: ${rows} of ${lines} rows`)
  return seconds
}
