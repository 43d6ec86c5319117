/** Shapes of the doors: listeners, certificates, accounts of FTP. */
import { z } from 'zod'

const certificateSchema = z.object({
  subject: z.string().nullable(),
  names: z.string().nullable().describe('Names and addresses it is good for'),
  ends: z.string().nullable().describe('ISO 8601; null = it cannot be read'),
  fingerprint: z.string().nullable().describe('SHA-256'),
  trouble: z.string().nullable(),
})

export const doorSchema = z.object({
  name: z.enum(['syslog-udp', 'syslog-tcp', 'syslog-tls', 'ftp', 'sftp', 'console']),
  port: z.int().nullable().describe('null = closed'),
  reason: z.string().nullable().describe('Why it is closed'),
  certificate: certificateSchema.nullable().describe('null = none is configured'),
})

export const doorsSchema = z
  .object({
    doors: z.array(doorSchema),
    ftpAccounts: z.array(
      z.object({
        user: z.string(),
        source: z.string(),
        files: z.int().describe('Taken since the start'),
        bytes: z.number(),
        failed: z.int(),
        cutOff: z.int().describe('Uploads that broke off within a line, put aside'),
      }),
    ),
    logins: z.object({ ok: z.int(), failed: z.int() }).describe('At FTP, since the start'),
    hostKeys: z.array(z.string()).describe('Fingerprints of SFTP'),
  })
  .meta({ id: 'Doors' })
