// All cases: what this Datastore and Google's emulator are both asked.
import type { Case } from './api.ts'
import { gql } from './gql.ts'
import { limits } from './limits.ts'
import { nearest } from './nearest.ts'
import { newer } from './newer.ts'
import { queries } from './queries.ts'
import { transactions } from './transactions.ts'
import { writes } from './writes.ts'

export const cases: Case[] = [...writes, ...queries, ...gql, ...transactions, ...limits, ...newer, ...nearest]
