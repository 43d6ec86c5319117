/** The frame of set-up and sign-in: one small form in the middle of the window. */
import { Subtitle1, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import sign from '../gnomon.svg'

const useStyles = makeStyles({
  place: {
    minHeight: '100%',
    display: 'grid',
    placeItems: 'center',
    padding: '24px',
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground2,
  },
  box: {
    width: 'min(420px, 100%)',
    padding: '32px',
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    gap: '18px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow8,
  },
  brand: { display: 'flex', gap: '12px', alignItems: 'center' },
})

export function Door({
  title,
  lead,
  children,
}: {
  title: string
  lead: ReactNode
  children: ReactNode
}) {
  const styles = useStyles()
  useEffect(() => {
    document.title = `${title} · Gnomon`
  }, [title])
  return (
    <main className={styles.place}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <img src={sign} alt="" width={36} height={36} />
          <Subtitle1 as="h1">{title}</Subtitle1>
        </div>
        <Text>{lead}</Text>
        {children}
      </div>
    </main>
  )
}

export const useFormStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: '14px' },
})
