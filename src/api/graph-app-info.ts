/**
 * What the catalog knows of an app, in the words of Graph's `discoveredCloudAppInfo`
 * (https://learn.microsoft.com/graph/api/resources/security-discoveredcloudappinfo). Every property is there; what nobody knows is `unknown`
 * or null, as there.
 */
import type { AppDetail } from '../catalog/catalog.ts'
import type { Fact } from '../catalog/risk.ts'

/** Properties with the states true, false, unknown, by the factor that tells them; null = the catalog has no such factor. */
const states: Record<string, string | null> = {
  isAdminAuditTrail: 'admin-audit-trail',
  isCobitCompliant: 'cobit',
  isCoppaCompliant: 'coppa',
  isDataAuditTrail: 'data-audit-trail',
  isDataClassification: 'data-classification',
  isDataOwnership: 'data-ownership',
  isDisasterRecoveryPlan: 'disaster-recovery-plan',
  isDmca: 'dmca',
  isFerpaCompliant: 'ferpa',
  isFfiecCompliant: 'ffiec',
  isFileSharing: 'file-sharing',
  isFinraCompliant: 'finra',
  isFismaCompliant: 'fisma',
  isGaapCompliant: 'gaap',
  isGdprDataProtectionImpactAssessment: 'gdpr-impact-assessment',
  isGdprDataProtectionOfficer: 'gdpr-data-protection-officer',
  isGdprDataProtectionSecureCrossBorderDataTransfer: 'gdpr-cross-border-control',
  isGdprImpactAssessment: 'gdpr-impact-assessment',
  isGdprLawfulBasisForProcessing: 'gdpr-lawful-basis',
  isGdprReportDataBreaches: 'gdpr-report-breaches',
  isGdprRightToAccess: 'gdpr-right-of-access',
  isGdprRightToBeInformed: 'gdpr-right-to-be-informed',
  // spelled so there
  isGdprRightToDataPortablility: 'gdpr-right-to-portability',
  isGdprRightToErasure: 'gdpr-right-to-erasure',
  isGdprRightToObject: 'gdpr-right-to-object',
  isGdprRightToRectification: 'gdpr-right-to-rectification',
  isGdprRightToRestrictionOfProcessing: 'gdpr-right-to-restriction',
  isGdprRightsRelatedToAutomatedDecisionMaking: 'gdpr-automated-decisions',
  isGdprSecureCrossBorderDataControl: 'gdpr-cross-border-control',
  isGlbaCompliant: 'glba',
  isHipaaCompliant: 'hipaa',
  isHitrustCsfCompliant: 'hitrust',
  isHttpSecurityHeadersContentSecurityPolicy: 'content-security-policy',
  isHttpSecurityHeadersStrictTransportSecurity: 'strict-transport-security',
  isHttpSecurityHeadersXContentTypeOptions: 'x-content-type-options',
  isHttpSecurityHeadersXFrameOptions: 'x-frame-options',
  isHttpSecurityHeadersXXssProtection: 'x-xss-protection',
  isIpAddressRestriction: 'ip-address-restriction',
  isIsae3402Compliant: 'isae-3402',
  isIso27001Compliant: 'iso-27001',
  isIso27017Compliant: 'iso-27017',
  isIso27018Compliant: 'iso-27018',
  isItarCompliant: 'itar',
  isMultiFactorAuthentication: 'multi-factor-authentication',
  isPasswordPolicy: 'password-policy',
  isPasswordPolicyChangePasswordPeriod: 'password-change-period',
  isPasswordPolicyCharacterCombination: 'password-characters',
  isPasswordPolicyPasswordHistoryAndReuse: 'password-history',
  isPasswordPolicyPasswordLengthLimit: 'password-length',
  isPasswordPolicyPersonalInformationUse: 'password-personal-information',
  isPenetrationTesting: 'penetration-testing',
  isPrivacyShieldCompliant: 'privacy-shield',
  isRememberPassword: 'remember-password',
  isRequiresUserAuthentication: 'requires-user-authentication',
  isSoc1Compliant: 'soc-1',
  isSoc2Compliant: 'soc-2',
  isSoc3Compliant: 'soc-3',
  isSoxCompliant: 'sox',
  isSp80053Compliant: 'sp-800-53',
  isSsae16Compliant: 'ssae-16',
  isSupportsSaml: 'saml',
  isTrustedCertificate: 'trusted-certificate',
  isUserAuditTrail: 'user-audit-trail',
  isUserCanUploadData: 'user-can-upload-data',
  isUserRolesSupport: 'user-roles',
  isValidCertificateName: 'valid-certificate-name',
}

/** Properties with words of a closed list: our words → theirs. */
const words: Record<string, { factor: string; is: Record<string, string> }> = {
  csaStarLevel: {
    factor: 'csa-star',
    is: {
      'continuous-monitoring': 'continuousMonitoring',
      certification: 'certification',
      attestation: 'attestation',
      'c-star-assessment': 'cStarAssessment',
      'self-assessment': 'selfAssessment',
      none: 'notSupported',
    },
  },
  fedRampLevel: {
    factor: 'fedramp',
    is: {
      high: 'high',
      moderate: 'moderate',
      low: 'low',
      'li-saas': 'liSaaS',
      none: 'notSupported',
    },
  },
  dataAtRestEncryptionMethod: {
    factor: 'encryption-at-rest',
    is: {
      aes: 'aes',
      bitlocker: 'bitLocker',
      blowfish: 'blowfish',
      'triple-des': 'des3',
      des: 'des',
      rc4: 'rc4',
      rsa: 'rsa',
      none: 'notSupported',
    },
  },
  encryptionProtocol: {
    factor: 'encryption-protocol',
    is: {
      'tls-1.0': 'tls1_0',
      'tls-1.1': 'tls1_1',
      'tls-1.2': 'tls1_2',
      'tls-1.3': 'tls1_3',
      none: 'notSupported',
    },
  },
  holding: { factor: 'holding', is: { public: 'public', private: 'private' } },
  dataRetentionPolicy: {
    factor: 'data-retention',
    is: {
      'data-retained': 'dataRetained',
      'deleted-immediately': 'deletedImmediately',
      'deleted-within-two-weeks': 'deletedWithinTwoWeeks',
      'deleted-within-one-month': 'deletedWithinOneMonth',
      'deleted-within-three-months': 'deletedWithinThreeMonths',
      'deleted-within-more-than-three-months': 'deletedWithinMoreThanThreeMonths',
    },
  },
}

/** The catalog tells that PCI DSS is met or not, and no version of it; kinds of data as a text. */
const unknowns = { pciDssVersion: 'unknown', dataTypes: 'unknown' } as const

const texts: Record<string, string> = {
  dataCenter: 'data-center',
  headquarters: 'headquarters',
  hostingCompany: 'hosting-company',
  logonUrls: 'logon-url',
  gdprReadinessStatement: 'gdpr-readiness',
}

/** null = of another kind. */
function time(fact: Fact | undefined): string | null {
  const value = fact?.value
  if (typeof value === 'number') return `${value}-01-01T00:00:00Z`
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** `facts` by factor; `detail` null = the catalog does not know the app any more. */
export function graphAppInfo(
  id: string,
  detail: AppDetail | null,
  facts: ReadonlyMap<string, Fact>,
): object {
  const valueOf = (factor: string): Fact['value'] | undefined => facts.get(factor)?.value
  const state = (factor: string | null): string => {
    const value = factor === null ? null : valueOf(factor)
    return typeof value === 'boolean' ? String(value) : 'unknown'
  }
  const text = (factor: string): string | null => {
    const value = valueOf(factor)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null
  }
  const founded = Number(valueOf('founded'))
  return {
    '@odata.type': '#microsoft.graph.security.discoveredCloudAppInfo',
    id,
    ...Object.fromEntries(Object.entries(states).map(([name, factor]) => [name, state(factor)])),
    ...Object.fromEntries(
      Object.entries(words).map(([name, { factor, is }]) => {
        const word = String(valueOf(factor))
        return [name, Object.hasOwn(is, word) ? is[word] : 'unknown']
      }),
    ),
    ...unknowns,
    ...Object.fromEntries(Object.entries(texts).map(([name, factor]) => [name, text(factor)])),
    headquarters: text('headquarters') ?? detail?.entry.headquarters ?? null,
    founded: Number.isInteger(founded) ? founded : null,
    latestBreachDateTime: time(facts.get('latest-breach')),
    domainRegistrationDateTime: time(facts.get('domain-registration')),
    vendor: detail?.entry.vendor ?? null,
  }
}
