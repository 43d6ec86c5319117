/**
 * Names of log formats that Defender for Cloud Apps takes (`source` of
 * https://learn.microsoft.com/defender-cloud-apps/api-discovery-initiate), with their numbers (`logType`).
 */

/** The number of the form that comes in files, and of that which comes by syslog; null = has none, or is not published. */
const numbers: Record<string, readonly [file: number | null, syslog: number | null]> = {
  BARRACUDA: [101, 166],
  BARRACUDA_NEXT_GEN_FW: [191, 192],
  BARRACUDA_NEXT_GEN_FW_WEBLOG: [193, 194],
  BLUECOAT: [102, 139],
  CHECKPOINT: [103, 140],
  CHECKPOINT_CEF: [218, 219],
  CHECKPOINT_SMART_VIEW_TRACKER: [189, 190],
  CHECKPOINT_XML: [187, 188],
  CISCO_ASA: [104, 141],
  CISCO_ASA_FIREPOWER: [177, 178],
  CISCO_FIREPOWER_V6: [222, 223],
  CISCO_FWSM: [157, 158],
  CISCO_IRONPORT_PROXY: [106, 133],
  CISCO_IRONPORT_WSA_II: [206, 207],
  CISCO_IRONPORT_WSA_III: [216, 217],
  CISCO_SCAN_SAFE: [124, 142],
  CLAVISTER: [164, 165],
  CONTENTKEEPER: [214, 215],
  CORRATA: [220, 221],
  FORCEPOINT: [202, 203],
  FORCEPOINT_LEEF: [210, 211],
  FORTIGATE: [108, 136],
  FORTIOS: [204, 205],
  GENERIC_CEF: [179, 180],
  GENERIC_LEEF: [181, 182],
  GENERIC_W3C: [183, 184],
  IBOSS: [200, 201],
  I_FILTER: [185, 186],
  JUNIPER_SRX: [129, 147],
  JUNIPER_SRX_SD: [172, 173],
  JUNIPER_SRX_WELF: [174, 175],
  JUNIPER_SSG: [168, 169],
  MACHINE_ZONE_MERAKI: [153, 154],
  MCAFEE_SWG: [121, 144],
  MENLO_SECURITY_CEF: [224, null],
  MICROSOFT_ISA_W3C: [159, 161],
  OPEN_SYSTEMS_SECURE_WEB_GATEWAY: [null, null],
  PALO_ALTO: [112, 126],
  PALO_ALTO_LEEF: [208, 209],
  SONICWALL: [113, 160],
  SOPHOS_CYBEROAM: [162, 163],
  SOPHOS_SG: [130, 148],
  SOPHOS_XG: [198, 199],
  SQUID: [114, 146],
  SQUID_NATIVE: [155, 156],
  STORMSHIELD: [212, 213],
  WANDERA: [null, null],
  WATCHGUARD_XTM: [225, 226],
  WEBSENSE_SIEM_CEF: [138, 152],
  WEBSENSE_V7_5: [135, 151],
  ZSCALER: [120, 143],
  ZSCALER_CEF: [196, 197],
  ZSCALER_QRADAR: [170, 171],
}

/** Forms that upload_url takes. A name here has the file form, with `!` only that by syslog, with `+` both. */
const names = `BARRACUDA+ BARRACUDA_NEXT_GEN_FW BARRACUDA_NEXT_GEN_FW_WEBLOG BLUECOAT+ CHECKPOINT CHECKPOINT_SMART_VIEW_TRACKER
  CHECKPOINT_XML CHECKPOINT_CEF! CISCO_ASA+ CISCO_ASA_FIREPOWER! CISCO_FIREPOWER_V6! CISCO_SCAN_SAFE CISCO_FWSM+
  CISCO_IRONPORT_PROXY+ CISCO_IRONPORT_WSA_II CISCO_IRONPORT_WSA_III MACHINE_ZONE_MERAKI+ CLAVISTER! CONTENTKEEPER! CORRATA I_FILTER+
  FORCEPOINT_LEEF! FORCEPOINT FORTIGATE+ FORTIOS! IBOSS JUNIPER_SRX! JUNIPER_SRX_SD! JUNIPER_SRX_WELF! JUNIPER_SSG! MCAFEE_SWG+
  MENLO_SECURITY_CEF MICROSOFT_ISA_W3C OPEN_SYSTEMS_SECURE_WEB_GATEWAY PALO_ALTO+ PALO_ALTO_LEEF+ SONICWALL! SOPHOS_CYBEROAM!
  SOPHOS_SG+ SOPHOS_XG+ SQUID SQUID_NATIVE+ STORMSHIELD! WANDERA! WATCHGUARD_XTM! WEBSENSE_SIEM_CEF! WEBSENSE_V7_5 ZSCALER+
  ZSCALER_QRADAR! ZSCALER_CEF! GENERIC_CEF+ GENERIC_LEEF+ GENERIC_W3C+`

export const mdaSources: ReadonlySet<string> = new Set(
  names.split(/\s+/).flatMap((entry) => {
    const name = entry.replace(/[!+]$/, '')
    if (entry.endsWith('!')) return [`${name}_SYSLOG`]
    return entry.endsWith('+') ? [name, `${name}_SYSLOG`] : [name]
  }),
)

/**
 * The name under which lines of one of our formats are uploaded, or null when the tenant has no parser for it. Lines that came by
 * syslog carry its header, which only the `_SYSLOG` form reads.
 */
export function mdaSourceOf(format: string, overSyslog: boolean): string | null {
  const plain = format.replace(/_SYSLOG$/, '')
  const order = overSyslog ? [`${plain}_SYSLOG`, plain] : [plain, `${plain}_SYSLOG`]
  return order.find((name) => mdaSources.has(name)) ?? null
}

/** `logType` of a name, with or without `_SYSLOG`; null = not published. */
export function logTypeOf(source: string): number | null {
  const overSyslog = source.endsWith('_SYSLOG')
  return numbers[source.replace(/_SYSLOG$/, '')]?.[overSyslog ? 1 : 0] ?? null
}

/** The name of a number. */
export function sourceOfLogType(logType: number): string | null {
  for (const [name, [file, syslog]] of Object.entries(numbers)) {
    if (file === logType) return name
    if (syslog === logType) return `${name}_SYSLOG`
  }
  return null
}
