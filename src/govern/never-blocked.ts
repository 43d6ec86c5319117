/**
 * Names that no block may hold: who blocks the portal he manages blocks with can no longer take it back. The reference product keeps
 * the same services out (https://learn.microsoft.com/defender-cloud-apps/governance-discovery); certificate status stays reachable, or
 * TLS fails everywhere.
 */
export const neverBlocked: readonly { name: string; what: string }[] = [
  { name: 'portal.cloudappsecurity.com', what: 'Microsoft Defender for Cloud Apps' },
  { name: 'cloudappsecurity.com', what: 'Microsoft Defender for Cloud Apps' },
  { name: 'mcas.ms', what: 'Conditional Access application control' },
  { name: 'security.microsoft.com', what: 'Microsoft Defender portal' },
  { name: 'protection.office.com', what: 'Microsoft 365 security center' },
  { name: 'securitycenter.windows.com', what: 'Microsoft Defender Security Center' },
  { name: 'securitycenter.microsoft.com', what: 'Microsoft Defender for Endpoint' },
  { name: 'wdcp.microsoft.com', what: 'Defender cloud protection' },
  { name: 'wdcpalt.microsoft.com', what: 'Defender cloud protection' },
  { name: 'smartscreen.microsoft.com', what: 'network protection' },
  { name: 'atp.azure.com', what: 'Microsoft Defender for Identity' },
  { name: 'purview.microsoft.com', what: 'Microsoft Purview' },
  { name: 'compliance.microsoft.com', what: 'Microsoft Purview' },
  { name: 'entra.microsoft.com', what: 'Microsoft Entra' },
  { name: 'login.microsoftonline.com', what: 'Microsoft Online Services' },
  { name: 'login.microsoft.com', what: 'Microsoft Online Services' },
  { name: 'login.windows.net', what: 'Microsoft Online Services' },
  { name: 'securescore.microsoft.com', what: 'Secure Score' },
  { name: 'intune.microsoft.com', what: 'Microsoft Intune' },
  { name: 'manage.microsoft.com', what: 'Microsoft Intune' },
  { name: 'support.microsoft.com', what: 'Microsoft Support' },
  { name: 'adfshelp.microsoft.com', what: 'AD FS Help' },
  { name: 'portal.azure.com', what: 'Azure portal' },
  { name: 'ocsp.digicert.com', what: 'certificate status' },
  { name: 'crl.microsoft.com', what: 'certificate status' },
]
