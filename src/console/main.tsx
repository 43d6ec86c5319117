/** The console starts here. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Console } from './console.tsx'

// A page left open over an upgrade asks for files that are gone: it is loaded anew, once.
window.addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem('gnomon.reloaded') === location.href) return
  sessionStorage.setItem('gnomon.reloaded', location.href)
  event.preventDefault()
  location.reload()
})

const place = document.querySelector('#console')
if (place === null) throw new Error('BUG: the page has no place for the console')
createRoot(place).render(
  <StrictMode>
    <Console />
  </StrictMode>,
)
