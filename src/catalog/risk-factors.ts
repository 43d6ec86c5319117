/**
 * What can be known of an app: the reference product's indicators by their names (its attestation form and app pages), and a few of
 * our own that public sources tell. Each has one way to count; `info` is shown and never counts.
 */

export const riskGroups = ['general', 'security', 'compliance', 'legal'] as const

export type RiskGroup = (typeof riskGroups)[number]

/** How a value becomes 0-10 points, 10 safest. */
export type Counting =
  /** Yes = 10, no = 0. */
  | { kind: 'yes-no' }
  /** Points of each word. */
  | { kind: 'level'; points: Readonly<Record<string, number>> }
  /** A year or day: no points at `zeroYears` before the reckoning day, all at `fullYears`, in between by proportion. */
  | { kind: 'age'; zeroYears: number; fullYears: number }
  /** Shown, not counted. */
  | { kind: 'info' }

export interface RiskFactor {
  id: string
  group: RiskGroup
  name: string
  counting: Counting
}

const yesNo: Counting = { kind: 'yes-no' }
const info: Counting = { kind: 'info' }
const level = (points: Record<string, number>): Counting => ({ kind: 'level', points })

/** `id: [name, counting]`; a name alone counts as yes or no. */
type Listed = Record<string, string | readonly [string, Counting]>

const general: Listed = {
  category: ['Category', info],
  'consumer-popularity': [
    'Consumer popularity',
    level({ 'top-1k': 10, 'top-10k': 9, 'top-100k': 7, 'top-1m': 4, below: 2 }),
  ],
  'data-center': ['Data center', info],
  'data-types': ['Data types', info],
  'disaster-recovery-plan': 'Disaster recovery plan',
  'domain-registration': ['Domain registration', { kind: 'age', zeroYears: 0, fullYears: 10 }],
  founded: ['Founded', { kind: 'age', zeroYears: 0, fullYears: 10 }],
  headquarters: ['Headquarters', info],
  holding: ['Holding', level({ public: 10, private: 5 })],
  homepage: ['Homepage', info],
  'hosting-company': ['Hosting company', info],
  'logon-url': ['Logon URL', info],
  'privacy-policy': ['Privacy policy', info],
  'terms-of-service': ['Terms of service', info],
}

const security: Listed = {
  'admin-audit-trail': 'Admin audit trail',
  'content-security-policy': 'HTTP security headers: Content-Security-Policy',
  'data-audit-trail': 'Data audit trail',
  'data-classification': 'Data classification',
  'encryption-at-rest': [
    'Data-at-rest encryption method',
    level({
      aes: 10,
      bitlocker: 10,
      rsa: 10,
      blowfish: 6,
      'triple-des': 4,
      des: 1,
      rc4: 1,
      none: 0,
    }),
  ],
  'encryption-protocol': [
    'Encryption protocol',
    level({ 'tls-1.3': 10, 'tls-1.2': 8, 'tls-1.1': 3, 'tls-1.0': 2, none: 0 }),
  ],
  'file-sharing': ['File sharing', info],
  'heartbleed-patched': 'Heartbleed patched',
  'ip-address-restriction': 'IP address restriction',
  'latest-breach': ['Latest breach', { kind: 'age', zeroYears: 0, fullYears: 8 }],
  'multi-factor-authentication': 'Multi-factor authentication',
  'password-change-period': 'Password policy: change password period',
  'password-characters': 'Password policy: character combination',
  'password-history': 'Password policy: password history and reuse',
  'password-length': 'Password policy: password length limit',
  'password-personal-information': 'Password policy: personal information use',
  'password-policy': 'Password policy',
  'penetration-testing': 'Penetration testing',
  'phishing-resistant-sign-in': 'Passkeys or security keys at sign-in',
  'protected-against-drown': 'Protected against DROWN',
  'remember-password': ['Remember password', info],
  'requires-user-authentication': 'Requires user authentication',
  saml: 'Supports SAML',
  'strict-transport-security': 'HTTP security headers: Strict-Transport-Security',
  'trusted-certificate': 'Trusted certificate',
  'user-audit-trail': 'User audit trail',
  'user-can-upload-data': ['User can upload data', info],
  'user-roles': 'User-roles support',
  'valid-certificate-name': 'Valid certificate name',
  'vulnerability-disclosure': 'Way to report vulnerabilities, or bug bounty',
  'x-content-type-options': 'HTTP security headers: X-Content-Type-Options',
  'x-frame-options': 'HTTP security headers: X-Frame-Options',
  'x-xss-protection': 'HTTP security headers: X-XSS-Protection',
}

const compliance: Listed = {
  cobit: 'COBIT',
  coppa: 'COPPA',
  'csa-star': [
    'CSA STAR level',
    level({
      'continuous-monitoring': 10,
      certification: 10,
      attestation: 10,
      'c-star-assessment': 9,
      'self-assessment': 6,
      none: 0,
    }),
  ],
  fedramp: [
    'FedRAMP level',
    level({ high: 10, moderate: 9, low: 7, 'li-saas': 6, 'in-process': 3, none: 0 }),
  ],
  ferpa: 'FERPA',
  ffiec: 'FFIEC',
  finra: 'FINRA',
  fisma: 'FISMA',
  gaap: 'GAAP',
  gapp: 'GAPP',
  glba: 'GLBA',
  hipaa: 'HIPAA',
  hitrust: 'HITRUST CSF',
  'isae-3402': 'ISAE 3402',
  'iso-27001': 'ISO 27001',
  'iso-27002': 'ISO 27002',
  'iso-27017': 'ISO 27017',
  'iso-27018': 'ISO 27018',
  itar: 'ITAR',
  'jericho-forum': 'Jericho Forum Commandments',
  'pci-dss': 'PCI DSS',
  'privacy-shield': ['Privacy Shield or its successor', yesNo],
  'soc-1': 'SOC 1',
  'soc-2': 'SOC 2',
  'soc-3': 'SOC 3',
  sox: 'SOX',
  'sp-800-53': 'SP 800-53',
  'ssae-16': 'SSAE 16 or 18',
}

const legal: Listed = {
  'account-deletion': [
    'Deletion of the account by its user',
    level({ easy: 10, medium: 7, limited: 5, hard: 3, impossible: 0 }),
  ],
  'data-ownership': 'Data ownership stays with the customer',
  'data-retention': [
    'Data kept after the account is closed',
    level({
      'deleted-immediately': 10,
      'deleted-within-two-weeks': 9,
      'deleted-within-one-month': 8,
      'deleted-within-three-months': 6,
      'deleted-within-more-than-three-months': 4,
      'data-retained': 0,
    }),
  ],
  'data-retention-policy': 'Data retention policy',
  dmca: 'DMCA',
  'gdpr-automated-decisions': 'GDPR: rights related to automated decision making',
  'gdpr-cross-border-control': 'GDPR: secure cross-border data control',
  'gdpr-data-protection-officer': 'GDPR: data protection officer',
  'gdpr-impact-assessment': 'GDPR: impact assessment',
  'gdpr-lawful-basis': 'GDPR: lawful basis for processing',
  'gdpr-readiness': 'GDPR readiness statement',
  'gdpr-report-breaches': 'GDPR: report data breaches',
  'gdpr-right-of-access': 'GDPR: right to access',
  'gdpr-right-to-be-informed': 'GDPR: right to be informed',
  'gdpr-right-to-erasure': 'GDPR: right to erasure',
  'gdpr-right-to-object': 'GDPR: right to object',
  'gdpr-right-to-portability': 'GDPR: right to data portability',
  'gdpr-right-to-rectification': 'GDPR: right to rectification',
  'gdpr-right-to-restriction': 'GDPR: right to restriction of processing',
  'privacy-contact': 'Contact for privacy requests',
}

function listed(group: RiskGroup, list: Listed): RiskFactor[] {
  return Object.entries(list).map(([id, entry]) => {
    const [name, counting] = typeof entry === 'string' ? [entry, yesNo] : entry
    return { id, group, name, counting }
  })
}

/** All factors, by group and id. */
export const riskFactors: readonly RiskFactor[] = [
  ...listed('general', general),
  ...listed('security', security),
  ...listed('compliance', compliance),
  ...listed('legal', legal),
]

export const factorById: ReadonlyMap<string, RiskFactor> = new Map(
  riskFactors.map((factor) => [factor.id, factor]),
)
