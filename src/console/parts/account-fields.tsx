/** Fields of set-up, sign-in and one's own account. */
import { Field, Input } from '@fluentui/react-components'

interface Typed {
  value: string
  onChange: (value: string) => void
}

export function AccountNameField({
  label,
  autoFocus = false,
  value,
  onChange,
}: Typed & { label: string; autoFocus?: boolean }) {
  return (
    <Field label={label} required>
      <Input
        name="username"
        autoComplete="username"
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={autoFocus}
        value={value}
        onChange={(_event, data) => onChange(data.value)}
      />
    </Field>
  )
}

export function PasswordField({
  label,
  name,
  fresh = false,
  hint,
  trouble = null,
  value,
  onChange,
}: Typed & {
  label: string
  name: string
  /** One that is chosen now: password stores offer to make it. */
  fresh?: boolean
  hint?: string
  trouble?: string | null
}) {
  return (
    <Field
      label={label}
      required
      {...(hint === undefined ? {} : { hint })}
      {...(trouble === null ? {} : { validationMessage: trouble })}
    >
      <Input
        type="password"
        name={name}
        autoComplete={fresh ? 'new-password' : 'current-password'}
        value={value}
        onChange={(_event, data) => onChange(data.value)}
      />
    </Field>
  )
}

/** A password that is chosen, and typed again. */
export function NewPasswordFields({
  names,
  labels,
  characters,
  next,
  again,
  onNext,
  onAgain,
}: {
  names: [next: string, again: string]
  labels: [next: string, again: string]
  /** Its least length. */
  characters: number
  next: string
  again: string
  onNext: (value: string) => void
  onAgain: (value: string) => void
}) {
  return (
    <>
      <PasswordField
        label={labels[0]}
        name={names[0]}
        fresh
        hint={`At least ${characters} characters`}
        value={next}
        onChange={onNext}
      />
      <PasswordField
        label={labels[1]}
        name={names[1]}
        fresh
        trouble={again !== '' && again !== next ? 'Not the same password' : null}
        value={again}
        onChange={onAgain}
      />
    </>
  )
}
