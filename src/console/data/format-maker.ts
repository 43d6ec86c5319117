/** A parser definition out of columns that somebody named: what the playground writes, and the appliance checks. */

export const fieldNames = [
  'time',
  'srcIp',
  'srcHost',
  'srcPort',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'dstPort',
  'url',
  'protocol',
  'action',
  'bytesUp',
  'bytesDown',
  'bytesTotal',
  'method',
  'status',
  'userAgent',
  'referrer',
  'category',
] as const

export interface Mapped {
  /** From 0. */
  column: number
  field: string
}

/** The values of a line behind its syslog priority, as the definition's split gives them. */
export function splitLine(pasted: string, separator: string): string[] {
  const line = pasted.replace(/^<\d{1,3}>/, '')
  if (line === '') return []
  if (separator === ' ') return line.trim().split(/ +/)
  const values: string[] = []
  let value = ''
  let quoted = false
  for (const letter of line) {
    if (letter === '"') quoted = !quoted
    else if (letter === separator && !quoted) {
      values.push(value)
      value = ''
    } else value += letter
  }
  return [...values, value]
}

/** What firewalls and proxies call letting through and blocking. */
const verdicts = `{ allow: allowed, allowed: allowed, accept: allowed, accepted: allowed, permit: allowed, permitted: allowed, pass: allowed, block: blocked, blocked: blocked, deny: blocked, denied: blocked, drop: blocked, dropped: blocked, reject: blocked }`

/** The text of the definition (docs/parsers.md). `columns` = how many a line has. */
export function definitionFor(
  id: string,
  separator: string,
  columns: number,
  mapped: readonly Mapped[],
): string {
  const name = (column: number): string => `column${column}`
  const time = mapped.find(({ field }) => field === 'time')
  const tests = [
    ...(time === undefined ? [] : [`${name(time.column)}: { time: true }`]),
    ...(columns > 1 ? [`${name(columns - 1)}: { present: true, optional: true }`] : []),
  ]
  const used = new Set(mapped.map(({ column }) => column))
  if (columns > 1) used.add(columns - 1)
  const split =
    separator === ' '
      ? '{ type: columns }'
      : `{ type: csv, delimiter: ${JSON.stringify(separator)} }`
  return [
    `id: ${id}`,
    'vendor: Own',
    `product: ${id}`,
    'documentation: https://example.com/',
    'summary: Lines whose columns were named in the playground.',
    'enable: Nothing more than what is sent already.',
    'order: 60',
    `split: ${split}`,
    // As the line was pasted, whatever looks like a syslog header in it.
    'at: line',
    'columns:',
    ...[...used].toSorted((a, b) => a - b).map((column) => `  ${name(column)}: ${column}`),
    `when: { ${tests.join(', ')} }`,
    'map:',
    ...mapped.map(({ column, field }) =>
      field === 'action'
        ? `  action: { from: ${name(column)}, table: ${verdicts} }`
        : `  ${field}: ${name(column)}`,
    ),
    '',
  ].join('\n')
}
