'use strict'
// Sorting and filtering of the report's tables. The page is whole without it: it adds controls, never content.

const collator = new Intl.Collator('en', { numeric: true })

function valueOf(row, column) {
  const cell = row.cells[column]
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v)
  if (cell.classList.contains('u')) return null
  return cell.textContent
}

function compare(one, other) {
  return typeof one === 'number' && typeof other === 'number'
    ? one - other
    : collator.compare(String(one), String(other))
}

function sortBy(table, column, descending) {
  const body = table.tBodies[0]
  const keyed = Array.from(body.rows, (row) => ({ row, key: valueOf(row, column) }))
  const known = keyed.filter((entry) => entry.key !== null)
  const unknown = keyed.filter((entry) => entry.key === null)
  known.sort((a, b) => (descending ? compare(b.key, a.key) : compare(a.key, b.key)))
  body.append(...known.concat(unknown).map((entry) => entry.row))
}

function addSorting(table) {
  const heads = Array.from(table.tHead.rows[0].cells)
  heads.forEach((head, column) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = head.textContent
    head.replaceChildren(button)
    button.addEventListener('click', () => {
      const sorted = head.getAttribute('aria-sort')
      const descending = sorted ? sorted === 'ascending' : head.classList.contains('n')
      heads.forEach((other) => other.removeAttribute('aria-sort'))
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
      sortBy(table, column, descending)
    })
  })
}

function addFilter(table) {
  const rows = Array.from(table.tBodies[0].rows, (row) => ({
    row,
    text: row.textContent.toLowerCase(),
  }))
  const box = document.createElement('div')
  box.className = 'filter'
  const input = document.createElement('input')
  input.type = 'search'
  input.placeholder = 'Filter rows'
  input.setAttribute('aria-label', `Filter ${table.caption.textContent}`)
  const count = document.createElement('span')
  count.setAttribute('role', 'status')
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase()
    let shown = 0
    for (const { row, text } of rows) {
      row.hidden = !text.includes(wanted)
      if (!row.hidden) shown++
    }
    count.textContent = wanted === '' ? '' : `${shown} of ${rows.length}`
  })
  box.append(input, count)
  table.parentElement.before(box)
}

for (const table of document.querySelectorAll('table[data-sortable]')) {
  addSorting(table)
  if (table.tBodies[0].rows.length > 8) addFilter(table)
}
