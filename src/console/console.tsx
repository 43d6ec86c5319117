/** Everything around the pages: styles, theme, the store of answers, the router. */
import {
  FluentProvider,
  RendererProvider,
  createDOMRenderer,
  webDarkTheme,
  webLightTheme,
} from '@fluentui/react-components'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ApiFault } from './data/ask.ts'
import { Gate } from './gate.tsx'
import { router } from './routes.tsx'
import { ThemeContext, useThemeChoice } from './theme.ts'

/** The number that the page's policy asks of style elements (api/console-files.ts). */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? ''
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })

const answers = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the appliance refuses it refuses again; what it could not do now is tried twice more.
      retry: (times, fault) => !(fault instanceof ApiFault && fault.status < 500) && times < 2,
    },
  },
})

const fluentStyle = { height: '100%' } as const

export function Console() {
  const choice = useThemeChoice()
  const theme = useMemo(() => (choice.dark ? webDarkTheme : webLightTheme), [choice.dark])
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <ThemeContext value={choice}>
        <FluentProvider theme={theme} style={fluentStyle}>
          <QueryClientProvider client={answers}>
            <Gate>
              <RouterProvider router={router} />
            </Gate>
          </QueryClientProvider>
        </FluentProvider>
      </ThemeContext>
    </RendererProvider>
  )
}
