/** Categories of the catalog to choose from: one, or several. */
import { Field, Select } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { categoriesQuery } from '../data/govern-queries.ts'
import { SeveralField } from './choices.tsx'

function useCategories(): string[] {
  return (useQuery(categoriesQuery).data?.rows ?? []).map(({ name }) => name)
}

export function CategoryField({
  picked,
  onPick,
}: {
  picked: string
  onPick: (picked: string) => void
}) {
  const names = useCategories()
  return (
    <Field label="Category">
      <Select value={picked} onChange={(_event, { value }) => onPick(value)}>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  )
}

export function CategoriesField({
  picked,
  onPick,
}: {
  picked: readonly string[]
  onPick: (picked: string[]) => void
}) {
  const choices = useCategories().map((name) => ({ value: name, text: name }))
  return (
    <SeveralField
      label="Categories"
      none="All categories"
      choices={choices}
      picked={picked}
      onPick={onPick}
    />
  )
}
