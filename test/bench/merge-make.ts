/** Makes the company of a bench of the merge in a process of its own, so that the bench's memory is the merge's: options and memory as JSON → what was made. */
import type { CompanyOptions } from './company.ts'
import { make } from './merge-truth.ts'

const { options, memory } = JSON.parse(process.argv[2]) as {
  options: CompanyOptions
  memory: number
}
process.stdout.write(JSON.stringify(await make(options, memory)))
