/** Light or dark: as the system has it, or as chosen; kept in this browser. Colours of charts for both. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import type { RiskBand } from '../report/risk.ts'

export interface ThemeChoice {
  dark: boolean
  toggle: () => void
}

export const ThemeContext = createContext<ThemeChoice>({ dark: false, toggle: () => undefined })

const key = 'gnomon.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')

export function useThemeChoice(): ThemeChoice {
  const [chosen, setChosen] = useState<string | null>(() => localStorage.getItem(key))
  const [systemDark, setSystemDark] = useState(system.matches)
  useEffect(() => {
    const follow = (): void => setSystemDark(system.matches)
    system.addEventListener('change', follow)
    return () => system.removeEventListener('change', follow)
  }, [])
  const dark = chosen === null ? systemDark : chosen === 'dark'
  const toggle = useCallback(() => {
    const next = dark ? 'light' : 'dark'
    localStorage.setItem(key, next)
    setChosen(next)
  }, [dark])
  return useMemo(() => ({ dark, toggle }), [dark, toggle])
}

export interface Palette {
  bands: string[]
  rest: string
  risk: Record<RiskBand, string>
  ink: string
  line: string
  surface: string
}

const light: Palette = {
  bands: ['#0f6cbd', '#1a9ba1', '#8661c5', '#d0702a', '#4f8f0e', '#c43e8f', '#a8860b'],
  rest: '#8a8a8a',
  risk: { high: '#c4314b', medium: '#c9731c', low: '#3f8f46', unrated: '#8a8a8a' },
  ink: '#5c5c5c',
  line: '#e6e6e6',
  surface: '#ffffff',
}
const dark: Palette = {
  bands: ['#479ef5', '#3fc1c9', '#a98be0', '#ec9a5f', '#7fbf3f', '#e377b8', '#d9b93c'],
  rest: '#8f8f8f',
  risk: { high: '#e5637a', medium: '#eea24f', low: '#67b86e', unrated: '#8f8f8f' },
  ink: '#b3b3b3',
  line: '#383838',
  surface: '#292929',
}

export function usePalette(): Palette {
  return useContext(ThemeContext).dark ? dark : light
}
