/** Made-up traffic of an office with a realistic spread: few people and services make most of it. The same seed gives the same traffic. */

/** One connection of a person to a service. */
export interface Session {
  atMs: number
  user: string
  srcIp: string
  srcPort: number
  host: string
  dstIp: string
  dstPort: number
  /** Palo Alto's and Fortinet's names of the app, as their logs would have it. */
  appId: string
  appName: string
  category: string
  path: string
  method: 'GET' | 'POST'
  status: number
  bytesUp: number
  bytesDown: number
  blocked: boolean
  seconds: number
  serial: number
}

export interface TrafficOptions {
  seed: number
  users: number
  /** Hosts that are in no catalog. */
  unknownHosts: number
  /** Session times are spread over [fromMs, toMs), more by day than by night. */
  fromMs: number
  toMs: number
}

/** host, App-ID, application name, vendor's category, share of uploads in percent */
const services: readonly (readonly [string, string, string, string, number])[] = [
  [
    'outlook.office365.com',
    'ms-office365-base',
    'Microsoft.Office.365',
    'business-and-economy',
    30,
  ],
  [
    'teams.microsoft.com',
    'ms-teams',
    'Microsoft.Teams',
    'internet-communications-and-telephony',
    45,
  ],
  ['contoso.sharepoint.com', 'sharepoint-online', 'SharePoint', 'online-storage-and-backup', 40],
  ['www.google.com', 'google-base', 'Google.Services', 'search-engines', 5],
  ['drive.google.com', 'google-drive-web', 'Google.Drive', 'online-storage-and-backup', 50],
  ['mail.google.com', 'gmail-base', 'Gmail', 'web-based-email', 25],
  ['github.com', 'github-base', 'GitHub', 'computer-and-internet-info', 15],
  ['files.slack.com', 'slack-base', 'Slack', 'internet-communications-and-telephony', 35],
  ['chatgpt.com', 'openai-chatgpt', 'ChatGPT', 'artificial-intelligence', 30],
  ['claude.ai', 'claude-base', 'Claude', 'artificial-intelligence', 30],
  ['us02web.zoom.us', 'zoom-base', 'Zoom', 'internet-communications-and-telephony', 48],
  ['www.youtube.com', 'youtube-base', 'YouTube', 'streaming-media', 1],
  ['acme.atlassian.net', 'jira-base', 'Jira', 'business-and-economy', 20],
  ['www.linkedin.com', 'linkedin-base', 'LinkedIn', 'social-networking', 5],
  ['acme.my.salesforce.com', 'salesforce-base', 'Salesforce', 'business-and-economy', 20],
  ['www.dropbox.com', 'dropbox-base', 'Dropbox', 'online-storage-and-backup', 60],
  ['wetransfer.com', 'wetransfer-base', 'WeTransfer', 'online-storage-and-backup', 80],
  ['mega.nz', 'mega-base', 'MEGA', 'online-storage-and-backup', 85],
  ['app.hubspot.com', 'hubspot', 'HubSpot', 'business-and-economy', 15],
  ['www.notion.so', 'notion-base', 'Notion', 'business-and-economy', 20],
  ['www.figma.com', 'figma', 'Figma', 'computer-and-internet-info', 25],
  ['www.canva.com', 'canva', 'Canva', 'computer-and-internet-info', 25],
  ['gitlab.com', 'gitlab-base', 'GitLab', 'computer-and-internet-info', 20],
  ['registry.npmjs.org', 'npm', 'npm', 'computer-and-internet-info', 1],
  ['pastebin.com', 'pastebin-base', 'Pastebin', 'online-storage-and-backup', 50],
  ['web.whatsapp.com', 'whatsapp-web', 'WhatsApp.Web', 'internet-communications-and-telephony', 40],
  ['www.facebook.com', 'facebook-base', 'Facebook', 'social-networking', 8],
  ['www.tiktok.com', 'tiktok-base', 'TikTok', 'social-networking', 4],
  ['open.spotify.com', 'spotify', 'Spotify', 'streaming-media', 1],
  ['www.netflix.com', 'netflix-base', 'Netflix', 'streaming-media', 1],
  ['app.grammarly.com', 'grammarly', 'Grammarly', 'artificial-intelligence', 50],
  ['www.deepl.com', 'deepl', 'DeepL', 'translation', 45],
  ['api.openai.com', 'openai-api', 'OpenAI', 'artificial-intelligence', 60],
  ['gemini.google.com', 'google-gemini', 'Gemini', 'artificial-intelligence', 30],
  ['login.teamviewer.com', 'teamviewer-base', 'TeamViewer', 'remote-access', 45],
  [
    'd111111abcdef8.cloudfront.net',
    'amazon-cloudfront',
    'CloudFront',
    'content-delivery-networks',
    1,
  ],
  ['ocsp.digicert.com', 'ocsp', 'OCSP', 'computer-and-internet-info', 20],
  ['api.stripe.com', 'stripe', 'Stripe', 'financial-services', 40],
  ['miro.com', 'miro', 'Miro', 'business-and-economy', 30],
  ['trello.com', 'trello-base', 'Trello', 'business-and-economy', 20],
]
const firstNames = [
  'ann',
  'ben',
  'cara',
  'dev',
  'eva',
  'finn',
  'gita',
  'hugo',
  'ines',
  'jan',
  'kim',
  'lea',
  'max',
  'noor',
  'olga',
  'paul',
]
const paths = [
  '/',
  '/index.html',
  '/api/v2/items',
  '/files/report-2026.pdf',
  '/upload',
  '/search?q=budget',
  '/static/app.js',
]
/** Shares of a day's traffic by hour of the day. */
const hours = [1, 1, 1, 1, 1, 2, 5, 20, 60, 90, 95, 90, 60, 80, 95, 90, 75, 50, 20, 10, 6, 4, 3, 2]
const blockedHosts = new Set(['mega.nz', 'www.tiktok.com', 'pastebin.com'])

/** Numbers in [0, 1): mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Picks 0..n-1, low numbers much more often (Zipf with exponent 1). */
export function zipf(n: number, random: () => number): () => number {
  const sums = new Float64Array(n)
  let sum = 0
  for (let i = 0; i < n; i++) sums[i] = sum += 1 / (i + 1)
  return () => {
    const wanted = random() * sum
    let low = 0
    let high = n - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle] < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Endless sessions. Times come in no order. */
export class Traffic {
  readonly #options: TrafficOptions
  readonly #random: () => number
  readonly #user: () => number
  readonly #service: () => number
  readonly #unknown: () => number
  readonly #days: number
  #serial = 0

  constructor(options: TrafficOptions) {
    this.#options = options
    this.#random = randomNumbers(options.seed)
    this.#user = zipf(options.users, this.#random)
    this.#service = zipf(services.length, this.#random)
    this.#unknown = zipf(Math.max(1, options.unknownHosts), this.#random)
    this.#days = Math.max(1, Math.ceil((options.toMs - options.fromMs) / 86_400_000))
  }

  next(): Session {
    const random = this.#random
    const person = this.#user()
    const unknown = this.#options.unknownHosts > 0 && random() < 0.12
    const number = unknown ? this.#unknown() : this.#service()
    const [host, appId, appName, category, upShare] = unknown
      ? ([`app${number}.shop${number % 40}.example`, 'ssl', 'SSL', 'unknown', 10] as const)
      : services[number]
    const bytes = Math.floor(2000 * Math.exp(random() * 7))
    const blocked = blockedHosts.has(host) && random() < 0.7
    const up = Math.max(200, Math.floor(((bytes * upShare) / 100) * (0.5 + random())))
    return {
      atMs: this.#time(),
      user: `${firstNames[person % firstNames.length]}.${String.fromCharCode(97 + (person % 26))}${person}`,
      srcIp: `10.${1 + (person >> 12)}.${(person >> 6) & 63}.${10 + (person & 63)}`,
      srcPort: 49_152 + Math.floor(random() * 16_000),
      host,
      dstIp: unknown ? `198.51.100.${number % 250}` : `203.0.113.${number + 1}`,
      dstPort: 443,
      appId,
      appName,
      category,
      path: paths[Math.floor(random() * paths.length)],
      method: upShare > 40 && random() < 0.4 ? 'POST' : 'GET',
      status: blocked ? 403 : 200,
      bytesUp: blocked ? 517 : up,
      bytesDown: blocked ? 0 : Math.max(400, bytes - up),
      blocked,
      seconds: 1 + Math.floor(random() * 300),
      serial: ++this.#serial,
    }
  }

  #time(): number {
    const { fromMs, toMs } = this.#options
    for (let tries = 0; tries < 64; tries++) {
      const atMs = fromMs + this.#random() * Math.min(toMs - fromMs, this.#days * 86_400_000)
      if (this.#random() * 100 < hours[new Date(atMs).getUTCHours()]) return Math.floor(atMs)
    }
    return fromMs
  }
}
