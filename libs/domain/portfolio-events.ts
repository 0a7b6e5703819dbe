/**
 * The vocabulary of a `portfolio-<id>` stream: facts in the past tense, small, complete, never edited. Every decimal is a string: amounts
 * (`cash`, `amount`, `fee`) at the quote currency's scale, units at the unit scale, prices and quantities at the instrument's scales,
 * rates as given. Times are RFC 3339 with the digits that were given. A field that a command has stands in its event under the same name.
 */
import type { FeeKind, FeeRule, FeeSchedule, SlippageModel } from './fee-schedule';
import type { MandateData } from './mandate';

export interface PortfolioOpened {
  readonly type: 'PortfolioOpened';
  readonly data: {
    readonly portfolioId: string;
    readonly name: string;
    readonly quoteCurrency: string;
    /** Decimals of an amount, 0 to 18. */
    readonly currencyScale: number;
    /** Decimals of a number of units, 0 to 18. */
    readonly unitScale: number;
    /** The one instrument that the portfolio trades. */
    readonly instrumentId: string;
    /** L, signed, at most 2 decimals, fixed for good. */
    readonly targetLeverage: string;
    readonly at: string;
  };
}

export interface MandateAdopted {
  readonly type: 'MandateAdopted';
  readonly data: {
    readonly portfolioId: string;
    /** In force from here, included, until the next one. */
    readonly at: string;
    readonly mandate: MandateData;
    /** "1" for the first mandate recorded, then counting up in log order. */
    readonly version: string;
  };
}

export interface FeeScheduleAdopted {
  readonly type: 'FeeScheduleAdopted';
  readonly data: {
    readonly portfolioId: string;
    /** In force from here, included, until the next one. */
    readonly at: string;
    readonly schedule: FeeSchedule;
    /** The schedule's own version. */
    readonly version: string;
  };
}

/** How far from the mark decided trades are taken to be filled; recorded fills say it themselves. */
export interface SlippageModelAdopted {
  readonly type: 'SlippageModelAdopted';
  readonly data: {
    readonly portfolioId: string;
    /** In force from here, included, until the next one. */
    readonly at: string;
    readonly model: SlippageModel;
  };
}

export interface UnitsCreated {
  readonly type: 'UnitsCreated';
  readonly data: UnitsMoved;
}

export interface UnitsRedeemed {
  readonly type: 'UnitsRedeemed';
  readonly data: UnitsMoved;
}

export interface UnitsMoved {
  readonly portfolioId: string;
  readonly units: string;
  /** What the fund receives (creation) or pays out (redemption). */
  readonly cash: string;
  readonly at: string;
  /** Paid by the investor beside `cash`; never touches the fund. */
  readonly fee?: string;
  /** NAV per unit just before, as known when recorded: evidence, 18 decimals; null without units or price. */
  readonly navPerUnit: string | null;
}

export interface UnitsSplit {
  readonly type: 'UnitsSplit';
  readonly data: {
    readonly portfolioId: string;
    /** new:old, "1:10" makes ten units one. */
    readonly ratio: string;
    readonly at: string;
    /** New units lost by rounding down at the unit scale, 18 decimals: evidence. */
    readonly dust: string;
  };
}

export type Side = 'buy' | 'sell';
export type Liquidity = 'maker' | 'taker';
export type RebalanceReason = 'scheduled' | 'band' | 'manual' | 'creation' | 'redemption';

export interface Fill {
  readonly fillId: string;
  readonly instrumentId: string;
  readonly side: Side;
  /** Above zero. */
  readonly quantity: string;
  readonly price: string;
  readonly arrivalPrice?: string;
  readonly bid?: string;
  readonly ask?: string;
  /** Trading fee in `feeCurrency`; negative is a rebate. */
  readonly fee?: string;
  readonly feeCurrency?: string;
  readonly liquidity?: Liquidity;
  readonly venue?: string;
}

export interface RebalanceExecuted {
  readonly type: 'RebalanceExecuted';
  readonly data: {
    readonly portfolioId: string;
    readonly rebalanceId: string;
    readonly reason: RebalanceReason;
    readonly at: string;
    /** The mandate in force when recorded; null when there was none. */
    readonly mandateVersion: string | null;
    readonly decisionPrice?: string;
    /** The recorder's mark: evidence. The ledger measures slippage against its own. */
    readonly mark?: string;
    readonly fills: readonly Fill[];
  };
}

export interface FeeCharged {
  readonly type: 'FeeCharged';
  readonly data: {
    readonly portfolioId: string;
    readonly feeId: string;
    /** The fill that a trading fee belongs to. */
    readonly fillId?: string;
    readonly kind: FeeKind;
    readonly at: string;
    /** What was charged; negative is a rebate. Frozen when recorded. */
    readonly amount: string;
    readonly currency: string;
    /** As given, when the amount was asked for as a share of NAV. */
    readonly rateOfNav?: string;
    /** The rule that computed it, by its index in the schedule. */
    readonly schedule?: { readonly id: string; readonly version: string; readonly rule: number };
    /** What the rate was applied to, unrounded (the ledger's exact NAV just before). */
    readonly basis?: string;
    readonly rate?: string;
    readonly period?: string;
    /** Day count fraction of the period, as a ratio "31/365". */
    readonly dayFraction?: string;
    /** The amount before rounding, at 18 decimals or the currency's scale if that is more, half-even. */
    readonly raw: string;
    /** raw rounded to the currency's scale from the exact value, half-even: the same figure as `amount`. */
    readonly rounded: string;
    readonly source: 'observed' | 'computed';
    readonly paidBy: 'cash' | 'units';
    /** Units minted to the manager when paid by units. Frozen when recorded. */
    readonly unitsMinted?: string;
    /** The rule itself, where it is not a share of NAV a year by ACT/365 in cash: with the figures beside it the amount can be computed again. */
    readonly terms?: FeeRule;
    /** Units outstanding before units were minted, or that the flow moved which is charged. */
    readonly units?: string;
    /** NAV just before units were minted. */
    readonly nav?: string;
    /** Of a performance fee, NAV per unit that it is measured from, and the one that the next is; 18 decimals. */
    readonly highWaterMark?: string;
    readonly nextHighWaterMark?: string;
  };
}

export interface FundingSettled {
  readonly type: 'FundingSettled';
  readonly data: {
    readonly portfolioId: string;
    readonly instrumentId: string;
    readonly rate: string;
    readonly mark: string;
    readonly at: string;
    /** The quantity that the rate was applied to. */
    readonly quantity: string;
    /** Paid by the position: quantity × mark × rate, half-even; negative is received. Frozen when recorded. */
    readonly amount: string;
    /** The amount before rounding, exact. */
    readonly raw: string;
  };
}

export interface InterestAccrued {
  readonly type: 'InterestAccrued';
  readonly data: {
    readonly portfolioId: string;
    /** Positive is received. */
    readonly amount: string;
    readonly at: string;
  };
}

/** An accrual found no charge due. It changes nothing: it stands so that its command's id is known for good. */
export interface NothingDue {
  readonly type: 'NothingDue';
  readonly data: {
    readonly portfolioId: string;
    /** Charges due up to here, included, were looked for. */
    readonly through: string;
    /** The same moment. */
    readonly at: string;
  };
}

/** Facts that can be busted or amended. */
export type CorrectableEvent =
  | MandateAdopted
  | FeeScheduleAdopted
  | SlippageModelAdopted
  | UnitsCreated
  | UnitsRedeemed
  | UnitsSplit
  | RebalanceExecuted
  | FeeCharged
  | FundingSettled
  | InterestAccrued;

export interface FactCorrected {
  readonly type: 'FactCorrected';
  readonly data: {
    readonly portfolioId: string;
    /** Event id of the fact first recorded, also when a correction was corrected. */
    readonly corrects: string;
    /** The complete data of the command that the fact should have come from; without it the fact is busted. */
    readonly replacement?: Readonly<Record<string, unknown>>;
    /** The fact that stands instead, as decided when the correction was recorded. */
    readonly fact?: CorrectableEvent;
    readonly reason: string;
    /** Effective time of the fact that stands instead, else of the busted one. */
    readonly at: string;
  };
}

export type PortfolioEvent = PortfolioOpened | CorrectableEvent | NothingDue | FactCorrected;
