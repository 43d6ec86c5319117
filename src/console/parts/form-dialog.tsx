/** A dialog with fields, a button that does it, and one that leaves all as it was. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
} from '@fluentui/react-components'
import type { ReactElement, ReactNode } from 'react'
import { Fault } from './states.tsx'

const useStyles = makeStyles({ fields: { display: 'grid', gap: '12px' } })

export function FormDialog({
  title,
  verb,
  open,
  onOpen,
  fault,
  ready,
  busy,
  onDo,
  trigger,
  children,
}: {
  title: string
  verb: string
  open: boolean
  onOpen: (open: boolean) => void
  /** Why the last try failed. */
  fault: Error | null
  /** All that is needed is there. */
  ready: boolean
  busy: boolean
  onDo: () => void
  /** The button that opens it; null where an entry of a menu does. */
  trigger: ReactElement | null
  children: ReactNode
}) {
  const styles = useStyles()
  return (
    <Dialog open={open} onOpenChange={(_event, data) => onOpen(data.open)}>
      {trigger === null ? <></> : <DialogTrigger disableButtonEnhancement>{trigger}</DialogTrigger>}
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className={styles.fields}>
            {fault !== null && <Fault fault={fault} />}
            {children}
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              disabled={!ready}
              // a focus lost in a dialog hides it from readers of the screen
              disabledFocusable={busy}
              onClick={onDo}
            >
              {verb}
            </Button>
            <DialogTrigger disableButtonEnhancement>
              <Button>Leave it</Button>
            </DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
