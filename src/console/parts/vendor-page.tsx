/** The way to the vendor's manual; a format of one's own need not name one. */
import { Link } from '@fluentui/react-components'

export function VendorPage({ address }: { address: string | null }) {
  if (address === null) return null
  return (
    <Link href={address} target="_blank" rel="noreferrer noopener">
      The vendor's page
    </Link>
  )
}
