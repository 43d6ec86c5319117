/**
 * Sophos Firewall (XG): a URL group, as XML for Backup & firmware > Import export, or the XML API.
 * https://docs.sophos.com/nsg/sophos-firewall/21.0/api/ (WebFilterURLGroup). Its entries cover all names below.
 */
import type { ScriptInput, ScriptWriter } from './block-script.ts'
import { linesOf, safe } from './script-parts.ts'

const name = 'Gnomon unsanctioned'

function group({ names }: ScriptInput): string[] {
  return [
    '    <WebFilterURLGroup transactionid="">',
    `      <Name>${name}</Name>`,
    '      <Description>Unsanctioned apps, by Gnomon</Description>',
    '      <URLlist>',
    ...names.map((one) => `        <URL>${safe(one.name)}</URL>`),
    '      </URLlist>',
    '      <IsDefault>No</IsDefault>',
    '    </WebFilterURLGroup>',
  ]
}

function request(inner: readonly string[]): string {
  return linesOf([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Request APIVersion="2100.1">',
    ...inner,
    '</Request>',
  ])
}

const set = (operation: 'add' | 'update', input: ScriptInput): string =>
  request([`  <Set operation="${operation}">`, ...group(input), '  </Set>'])

export const sophosXg: ScriptWriter = {
  id: 'sophos-xg',
  number: null,
  aliases: ['sophos', 'sfos'],
  vendor: 'Sophos',
  product: 'Sophos Firewall (XG, XGS)',
  release: 'SFOS 21',
  documentation: 'https://docs.sophos.com/nsg/sophos-firewall/21.0/api/',
  extension: 'xml',
  use: 'Import, or send to https://FIREWALL:4444/webconsole/APIController as reqxml (with a <Login>); then block the URL group in the web policy.',
  coverage: 'all-below',
  full: (input) => set('add', input),
  removal: () =>
    request([
      '  <Remove>',
      '    <WebFilterURLGroup>',
      `      <Name>${name}</Name>`,
      '    </WebFilterURLGroup>',
      '  </Remove>',
    ]),
  // an update holds the whole list: what is not in it is gone
  change: (input) => set('update', input),
}
