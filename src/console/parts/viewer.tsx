/** Who is signed in, and the way out. */
import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components'
import { PersonRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { tell } from '../data/ask.ts'
import { sessionQuery, useSession } from '../data/session.ts'

export function Viewer() {
  const { name, role, kind } = useSession()
  const answers = useQueryClient()
  const navigate = useNavigate()
  const leave = useMutation({
    mutationFn: () => tell('DELETE', '/session'),
    onSettled: async () => {
      await answers.invalidateQueries({ queryKey: sessionQuery.queryKey })
      answers.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
    },
  })
  if (kind !== 'account') return null
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          appearance="subtle"
          icon={<PersonRegular />}
          aria-label={`Signed in as ${name ?? ''}`}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem disabled>
            {name}, {role}
          </MenuItem>
          <MenuItem onClick={() => void navigate({ to: '/me' })}>Your account</MenuItem>
          <MenuItem onClick={() => leave.mutate()}>Sign out</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
