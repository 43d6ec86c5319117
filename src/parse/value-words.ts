/** What devices write, in words: plain tables. Letters of both cases are alike. */

/** Service names that devices write instead of a port. */
export const serviceNames: Readonly<Record<string, number>> = {
  http: 80, https: 443, domain: 53, 'domain-udp': 53, 'domain-tcp': 53, dns: 53, ftp: 21, ssh: 22, telnet: 23,
  smtp: 25, pop3: 110, 'pop-3': 110, imap: 143, ldap: 389, ldaps: 636, ntp: 123, 'ntp-udp': 123, snmp: 161,
  imaps: 993, pop3s: 995, smtps: 465, rdp: 3389, 'microsoft-ds': 445, quic: 443, http_proxy: 8080, 'www': 80,
} // prettier-ignore

/** Transports by name and number. */
export const protocolNames: Readonly<Record<string, string>> = {
  '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'ipv6-icmp', '47': 'gre', '50': 'esp', '51': 'ah', '132': 'sctp', '2': 'igmp',
  tcp: 'tcp', udp: 'udp', icmp: 'icmp', icmp6: 'ipv6-icmp', 'ipv6-icmp': 'ipv6-icmp', icmpv6: 'ipv6-icmp', gre: 'gre',
  esp: 'esp', sctp: 'sctp', igmp: 'igmp', ah: 'ah', tcp6: 'tcp', udp6: 'udp', tcp_ip: 'tcp', udp_ip: 'udp',
} // prettier-ignore

/** Letters beyond ASCII have their two cases one by one. */
const inBothCases = (words: string): string[] =>
  words
    .split(' ')
    .flatMap((word) => [word, word.slice(0, 1).toUpperCase() + word.slice(1), word.toUpperCase()])

/** What exports in other languages than English write. */
const allowedAbroad = [
  ...inBothCases(
    'zugelassen zulassen erlaubt erlauben gestattet akzeptiert autorisé autorisée permis accepté acceptée autorise autoriser aceptado aceptada aceptar permitir aceito aceite liberado consentito consentita consenti consentire permesso accettato toegestaan toegelaten zezwolono dozwolony tillåten tilladt tillatt zezwól povoleno povolen dozwolone tilladte sallittu engedélyezve freigegeben durchgelassen genehmigt concedido concedida разрешено разрешен разрешён разрешить пропущено пропустить 許可 通過 允许 允許 放行 通过 接受 허용 허가 통과',
  ),
  'izin verildi',
  'İzin verildi',
]
const blockedAbroad = [
  ...inBothCases(
    'blockiert blockieren gesperrt sperren verweigert verweigern abgelehnt ablehnen verworfen verwerfen verboten bloqué bloquée bloquer refusé refusée rejeté rejetée interdit interdite bloqueado bloqueada bloquear denegar denegado denegada rechazado rechazada descartado descartada negado negada rejeitado rejeitada bloccato bloccata bloccare blocca negato negata rifiutato rifiutata scartato geblokkeerd geweigerd zablokowano zablokowany odmówiono odrzucono zablokowane odrzucony zabroniono zakazano zakázáno blokováno zablokováno estetty letiltva elutasítva unterbunden untersagt abgewiesen verboden engellendi reddedildi blockerad blokeret blokkert заблокировано заблокирован блокировать запрещено запрещен запрещён запретить отклонено отклонен отброшено 拒否 遮断 規制 ブロック 破棄 禁止 阻断 拒绝 拒絕 丢弃 拦截 阻止 阻擋 封鎖 차단 거부 폐기',
  ),
  'nicht erlaubt',
  'nicht zugelassen',
]

/** What happened, in words that stand alone. */
export const allowedWords: readonly string[] =
  'allow allowed permit permitted accept accepted pass passed alert monitor monitored observed isolate isolated continue bypass bypassed success successful ok proxied tunneled forward forwarded permit-client passthrough exempt established granted grant'
    .split(' ')
    .concat(allowedAbroad)
export const blockedWords: readonly string[] = [
  ...'block blocked deny denied drop dropped reject rejected quarantine quarantined prevent prevented terminated-by-policy not_permitted refused forbidden discard discarded refuse disallow disallowed prohibited sinkhole sinkholed tcp_denied policy_denied access_denied banned blacklisted blocklisted denylisted blacklist blocklist denylist gravity'.split(
    ' ',
  ),
  ...blockedAbroad,
  'not permitted',
  'not allowed',
  'access denied',
  'access blocked',
  'policy denied',
  'caution',
  'warn',
]

/** … and beginnings of other words, those of `blocked` first. */
export const blockedBeginnings: readonly string[] = ['reset', 'block', 'bloqu', 'refus', 'rejet', 'deny', 'denied', 'drop', 'fail', 'reject', 'quarantine'] // prettier-ignore
export const allowedBeginnings: readonly string[] = ['allow', 'permit', 'accept', 'pass', 'autoris']

/** Zones that mean one thing everywhere, in minutes east (the ambiguous ones are left to the source's zone). */
export const zoneMinutes: Readonly<Record<string, number>> = {
  UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 60, CET: 60, CEST: 120, EET: 120, EEST: 180, MSK: 180,
  EDT: -240, EST: -300, CDT: -300, MDT: -360, MST: -420, PDT: -420, PST: -480, AEST: 600, AEDT: 660,
  NZST: 720, NZDT: 780, JST: 540, KST: 540,
} // prettier-ignore
