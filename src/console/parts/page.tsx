/** The frame of a page: title, what it is about, and room for its tools; panels in it. */
import {
  Subtitle2,
  Text,
  Title2,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components'
import { useEffect } from 'react'
import type { ReactNode } from 'react'

const useStyles = makeStyles({
  page: {
    padding: '20px 28px 32px',
    display: 'flex',
    flexDirection: 'column',
    gap: '18px',
    boxSizing: 'border-box',
    '@media (max-width: 900px)': { padding: '16px' },
  },
  filling: { height: '100%', minHeight: '420px' },
  head: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'flex-end' },
  words: { display: 'flex', flexDirection: 'column', gap: '4px', flex: '1 1 320px', minWidth: 0 },
  lead: { color: tokens.colorNeutralForeground2, maxWidth: '90ch' },
  tools: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  panel: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    padding: '16px 18px',
    display: 'flex',
    flexDirection: 'column',
    gap: '12px',
    minWidth: 0,
    boxSizing: 'border-box',
  },
  panelHead: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  panelTitle: { flexGrow: 1, margin: 0 },
  title: { margin: 0, overflowWrap: 'anywhere' },
})

export function Page({
  title,
  lead,
  tools,
  fill = false,
  children,
}: {
  title: ReactNode
  lead?: ReactNode
  tools?: ReactNode
  /** The page is as high as the window; something in it scrolls. */
  fill?: boolean
  children: ReactNode
}) {
  const styles = useStyles()
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · Gnomon`
  }, [title])
  return (
    <div className={mergeClasses(styles.page, fill && styles.filling)}>
      <header className={styles.head}>
        <div className={styles.words}>
          <Title2 as="h1" className={styles.title}>
            {title}
          </Title2>
          {lead !== undefined && <Text className={styles.lead}>{lead}</Text>}
        </div>
        {tools !== undefined && <div className={styles.tools}>{tools}</div>}
      </header>
      {children}
    </div>
  )
}

export function Panel({
  title,
  more,
  className,
  children,
}: {
  title?: ReactNode
  more?: ReactNode
  className?: string
  children: ReactNode
}) {
  const styles = useStyles()
  return (
    <section className={mergeClasses(styles.panel, className)}>
      {title !== undefined && (
        <div className={styles.panelHead}>
          <Subtitle2 as="h2" className={styles.panelTitle}>
            {title}
          </Subtitle2>
          {more}
        </div>
      )}
      {children}
    </section>
  )
}
