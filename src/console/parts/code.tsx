/** Commands to be copied, and lines as they came. */
import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { visible } from '../../report/text.ts'

const useStyles = makeStyles({
  box: {
    position: 'relative',
    margin: '8px 0',
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
  },
  text: {
    margin: 0,
    padding: '12px 48px 12px 14px',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  copy: { position: 'absolute', top: '6px', right: '6px' },
})

export function Code({ text, label }: { text: string; label: string }) {
  const styles = useStyles()
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <div className={styles.box}>
      <pre className={styles.text}>{text.split('\n').map(visible).join('\n')}</pre>
      {/* Browsers have a clipboard only on https and on the machine itself. */}
      {window.isSecureContext && (
        <Button
          appearance="subtle"
          size="small"
          className={styles.copy}
          icon={copied ? <CheckmarkRegular /> : <CopyRegular />}
          aria-label={`Copy: ${label}`}
          onClick={() => void copy()}
        />
      )}
    </div>
  )
}
