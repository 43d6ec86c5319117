/** Plain data as YAML, to be read by people: the appliance alone reads YAML (config/document.ts). */

/** Texts that YAML takes for themselves without quotes. */
const plain = /^(?!(?:true|false|null|yes|no|on|off|~)$)[A-Za-z_/$][\w ./@:{}$-]*$/i

function scalar(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? 'null' : JSON.stringify(value)
  return plain.test(value) && !/: |:$| $|\{|\}/.test(value) ? value : JSON.stringify(value)
}

export function yamlOf(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return value
      .map((one) => `\n${indent}- ${yamlOf(one, `${indent}  `).replace(/^\s+/, '')}`)
      .join('')
  }
  if (typeof value !== 'object' || value === null) return scalar(value)
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  return entries
    .map(([key, one]) => {
      const text = yamlOf(one, `${indent}  `)
      return `\n${indent}${scalar(key)}:${text.startsWith('\n') ? text : ` ${text}`}`
    })
    .join('')
}
