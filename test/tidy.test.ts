/** The rules of the house that no linter knows (docs/architecture.md). Faults read like a compiler's: `file:line: what is wrong`. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Folders of src in the order of the flow: each imports from those before it only. Files of src itself stand over all of them. */
const order = [
  'lib',
  'config',
  'catalog',
  'spool',
  'defender',
  'intake',
  'parse',
  'store',
  'access',
  'merge',
  'report',
  'publish',
  'govern',
  'metrics',
  'api',
  'console',
  'generate',
  'bench',
  'commands',
]
/** Files of src that every folder may use. */
const common = ['errors.ts', 'limits.ts']
/** Where the time is passed in, so that a run can be repeated. */
const clockless = ['parse', 'merge', 'catalog', 'spool', 'store', 'report']

interface Source {
  path: string
  text: string
}

function tracked(): Source[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
  return listed
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .filter((path) => /\.(?:ts|tsx|js|md|sh|yaml|json|sql|css|html)$|^Dockerfile$|^\.ci/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** `path:line: …` for each match. */
function faults({ path, text }: Source, pattern: RegExp, says: string): string[] {
  return text
    .split('\n')
    .flatMap((line, i) =>
      pattern.test(line) ? [`${path}:${i + 1}: ${says}: ${line.trim().slice(0, 80)}`] : [],
    )
}

/** Imports that go up the flow. */
function importFaults({ path, text }: Source): string[] {
  const from = path.split('/')[1]
  if (!order.includes(from))
    return from.includes('.') ? [] : [`${path}:1: folder ${from} has no place in the flow`]
  return Array.from(text.matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)).flatMap((match) => {
    const target = normalize(join(dirname(path), match[1] ?? match[2]))
    const to = target.split('/')[1]
    if (to === from || common.includes(to)) return []
    if (order.includes(to) && order.indexOf(to) < order.indexOf(from)) return []
    // a command starts the appliance
    if (from === 'commands' && (to === 'daemon.ts' || to === 'pipeline.ts')) return []
    const line = text.slice(0, match.index).split('\n').length
    return [`${path}:${line}: ${from} must not import ${to}`]
  })
}

const all = tracked()
const sources = all.filter(({ path }) => path.startsWith('src/') && /\.tsx?$/.test(path))

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(100)
})

test('imports go one way', () => {
  expect(sources.flatMap(importFaults)).toEqual([])
})

test('the clock is passed in', () => {
  const timed = sources.filter(({ path }) => clockless.includes(path.split('/')[1]))
  expect(
    timed.flatMap((source) => faults(source, /Date\.now\(\)|new Date\(\)/, 'reads the clock')),
  ).toEqual([])
})

test('the environment is read where a program starts', () => {
  const inner = sources.filter(
    ({ path }) =>
      !/^src\/(?:commands|config)\/|^src\/main\.ts$|^src\/lib\/programs\.ts$/.test(path),
  )
  expect(
    inner.flatMap((source) => faults(source, /process\.env\b/, 'reads the environment')),
  ).toEqual([])
})

test('files are short enough to read at one sitting', () => {
  const long = all
    .filter(({ path }) => /^(?:src|test)\/.*\.tsx?$/.test(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    // limits.ts is a list to look things up in, one place on purpose
    .filter(({ path, lines }) => lines > 460 && path !== 'src/limits.ts')
  expect(long.map(({ path, lines }) => `${path}:1: ${lines} lines`)).toEqual([])
})

test('names of files are kebab-case nouns, no barrels', () => {
  const odd = all.filter(
    ({ path }) =>
      /^(?:src|test|parsers|docs|config)\//.test(path) &&
      (!/^(?:[\w.-]+\/)*[a-z0-9]+(?:[-.][a-zA-Z0-9_]+)*\.\w+$/.test(path) ||
        /\/index\.tsx?$/.test(path)),
  )
  expect(
    odd.map(({ path }) => path).filter((path) => !/docs\/formats\/|README\.md$/.test(path)),
  ).toEqual([])
  expect(sources.flatMap((source) => faults(source, /^export \* from/, 'a barrel'))).toEqual([])
})

test('a test stands where the tested file stands', () => {
  const folders = new Set(sources.map(({ path }) => path.split('/')[1]))
  const kinds = ['contract', 'e2e', 'fault', 'bench']
  const lost = all.filter(({ path }) => {
    const [top, folder, rest] = path.split('/')
    return top === 'test' && rest !== undefined && !folders.has(folder) && !kinds.includes(folder)
  })
  expect(lost.map(({ path }) => path)).toEqual([])
})

describe('texts', () => {
  test('nothing is left to do without a word why', () => {
    const code = all.filter(
      ({ path }) => /^(?:src|test|parsers|config|\.ci)/.test(path) && path !== 'test/tidy.test.ts',
    )
    expect(code.flatMap((source) => faults(source, /\b(?:TODO|FIXME|XXX)\b/, 'left over'))).toEqual(
      [],
    )
  })

  test('no path of a developer machine', () => {
    // not within an address of the web
    const machine = new RegExp(['(?<![\\w.])/(?:wo', 'rk|ho', 'me/[a-z]+|ro', 'ot)/'].join(''))
    const open = all.filter(
      ({ path }) => !/^samples\/|package-lock|test\/e2e\/image\.sh/.test(path),
    )
    expect(open.flatMap((source) => faults(source, machine, 'a path'))).toEqual([])
  })

  test('Markdown has one title, and its links lead somewhere', () => {
    const pages = all.filter(({ path }) => path.endsWith('.md'))
    const wrong = pages.flatMap(({ path, text }) => {
      const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '')
      const titles = prose.match(/^# /gm)?.length ?? 0
      const dead = Array.from(prose.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g), ([, to]) => to).filter(
        (to) => !/^[a-z]+:/.test(to) && !existsSync(join(root, dirname(path), to)),
      )
      return [
        ...(titles === 1 ? [] : [`${path}:1: ${titles} titles`]),
        ...dead.map((to) => `${path}:1: leads to ${to}, which is not there`),
      ]
    })
    expect(wrong).toEqual([])
  })

  test('the lock file names no registry', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved"')
  })
})

test('the rules see what they look for', () => {
  const bad = {
    path: 'src/parse/x.ts',
    text: "import { a } from '../api/api.ts'\nconst t = Date.now()",
  }
  expect(importFaults(bad)).toEqual(['src/parse/x.ts:1: parse must not import api'])
  expect(faults(bad, /Date\.now\(\)/, 'reads the clock')).toEqual([
    'src/parse/x.ts:2: reads the clock: const t = Date.now()',
  ])
  expect(importFaults({ path: 'src/new/x.ts', text: '' })).toEqual([
    'src/new/x.ts:1: folder new has no place in the flow',
  ])
})
