// Generated from apps/api/contract/openapi.json by test/client/generate.mjs
// @ts-nocheck

export type ClientOptions = {
    baseUrl: string;
};

export type ListInstrument = {
    instrumentId: string;
    kind: 'spot' | 'perp' | 'index' | 'rate';
    quoteCurrency: string;
    priceScale: number;
    quantityScale: number;
};

export type RecordPrice = {
    instrumentId: string;
    price: string;
    at: string;
    source: string;
    quality?: string;
};

export type CorrectPrice = {
    instrumentId: string;
    corrects: string;
    price: string;
    at?: string;
    reason: string;
};

export type OpenPortfolio = {
    portfolioId: string;
    name: string;
    quoteCurrency: string;
    currencyScale: number;
    unitScale: number;
    instrumentId: string;
    targetLeverage: string;
    at: string;
};

export type AdoptMandate = {
    portfolioId?: string;
    booking?: 'open-period';
    at: string;
    mandate: {
        resets?: {
            cron: string;
            zone: string;
        };
        band?: {
            lower: string;
            upper: string;
        };
        sizing: 'exact' | 'naive';
        maxStep?: string;
        maxPriceAge?: string;
    };
};

export type AdoptFeeSchedule = {
    portfolioId?: string;
    booking?: 'open-period';
    at: string;
    schedule: {
        id: string;
        version: string;
        rules: Array<{
            kind: 'trading' | 'management' | 'performance' | 'creation' | 'redemption' | 'borrow' | 'funding' | 'custody' | 'other';
            trigger?: 'per_fill' | 'per_flow' | 'at_reset' | 'daily' | 'per_second' | 'crystallise';
            basis?: 'executed_notional' | 'flow_cash' | 'nav' | 'nav_times_leverage' | 'exposure' | 'units' | 'financed' | 'gain';
            liquidity?: 'any' | 'maker' | 'taker';
            rate?: {
                value?: string;
                instrument?: string;
                spread?: string;
                unit: 'fraction';
                period?: 'day' | 'year';
            };
            dayCount?: 'ACT/365' | 'ACT/365.25' | 'ACT/360' | 'ACT/ACT' | '30/360';
            crystallise?: {
                cron: string;
                zone: string;
            };
            highWaterMark?: 'before_mint' | 'after_mint';
            paidBy?: 'cash' | 'units';
            mint?: 'set' | 'dhedge';
            tiers?: Array<{
                from: string;
                rate: string | {
                    value: string;
                    unit?: 'fraction';
                };
            }>;
            tierBy?: 'slab' | 'marginal';
            tierBound?: 'strict' | 'inclusive';
            tierWindow?: string;
            rounding?: {
                accrueDigits?: number;
                accrueMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
                postDigits?: number;
                postMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
            };
            minimum?: string;
            cap?: string;
            flat?: string;
            perUnit?: string;
            effective?: {
                from?: string;
                to?: string;
            };
        }>;
    };
};

export type AdoptSlippageModel = {
    portfolioId?: string;
    booking?: 'open-period';
    at: string;
    model: {
        model: 'none' | 'fixed_bp' | 'half_spread' | 'sqrt_impact';
        bp?: string;
        y?: string;
        sigmaDaily?: string;
        volumeDaily?: string;
    };
};

export type CreateUnits = {
    portfolioId?: string;
    booking?: 'open-period';
    units: string;
    cash: string;
    at: string;
    fee?: string;
};

export type RedeemUnits = {
    portfolioId?: string;
    booking?: 'open-period';
    units: string;
    cash: string;
    at: string;
    fee?: string;
};

export type SplitUnits = {
    portfolioId?: string;
    booking?: 'open-period';
    ratio: string;
    at: string;
};

export type ExecuteRebalance = {
    portfolioId?: string;
    booking?: 'open-period';
    rebalanceId: string;
    reason: 'scheduled' | 'band' | 'manual' | 'creation' | 'redemption';
    at: string;
    mark?: string;
    decisionPrice?: string;
    fills: Array<{
        fillId: string;
        instrumentId: string;
        side: 'buy' | 'sell';
        quantity: string;
        price: string;
        arrivalPrice?: string;
        bid?: string;
        ask?: string;
        fee?: string;
        feeCurrency?: string;
        liquidity?: 'maker' | 'taker';
        venue?: string;
    }>;
};

export type ChargeFee = {
    portfolioId?: string;
    booking?: 'open-period';
    feeId: string;
    kind: 'trading' | 'management' | 'performance' | 'creation' | 'redemption' | 'borrow' | 'funding' | 'custody' | 'other';
    at: string;
    amount?: string;
    currency?: string;
    rateOfNav?: string;
    fillId?: string;
    period?: string;
    paidBy?: 'cash' | 'units';
};

export type SettleFunding = {
    portfolioId?: string;
    booking?: 'open-period';
    instrumentId: string;
    rate: string;
    mark?: string;
    at: string;
};

export type AccrueInterest = {
    portfolioId?: string;
    booking?: 'open-period';
    amount: string;
    at: string;
};

export type AccrueFees = {
    portfolioId?: string;
    booking?: 'open-period';
    through: string;
};

export type CorrectFact = {
    portfolioId?: string;
    booking?: 'open-period';
    corrects: string;
    replacement?: {
        [key: string]: unknown;
    };
    reason: string;
};

export type Nav = {
    portfolioId: string;
    at: string;
    knownAt: string;
    logPosition: string;
    status: 'active' | 'terminated';
    terminatedAt?: string;
    quality: 'ok' | 'stale';
    nav: string;
    units: string;
    navPerUnit: string | null;
    exposure: string;
    leverage: string | null;
    marks: Array<{
        instrumentId: string;
        price: string;
        at: string;
        ageSeconds: number;
    }>;
    positions: Array<{
        instrumentId: string;
        quantity: string;
        mark: string;
        value: string;
    }>;
    cash: {
        [key: string]: string;
    };
    liabilities: string;
};

export type Attribution = {
    portfolioId: string;
    from: string;
    to: string;
    knownAt: string;
    logPosition: string;
    n0: string;
    nT: string;
    change: string;
    ledger: {
        pricePnl: string;
        slippage: string;
        tradingFee: string;
        funding: string;
        borrow: string;
        management: string;
        performance: string;
        other: string;
        flowDilution: string;
        rounding: string;
    };
    economic: {
        static: string;
        convexity: string;
        volDrag: string;
        drift: string;
        costCarry: {
            total: string;
            byKind: {
                slippage: string;
                tradingFee: string;
                funding: string;
                borrow: string;
                management: string;
                performance: string;
                other: string;
                flowDilution: string;
                rounding: string;
            };
        };
    };
    benchmarks: {
        static: string;
        power: string;
        ideal: string;
        actualLeverage: string;
    };
    idealTerminated?: string;
    dragAgainstSimple: string;
    slippageParts: {
        spread: string;
        impact: string;
        quote: string;
        unsplit: string;
    };
    tracking: {
        difference: string;
        naiveDifference: string;
        error: string | null;
        basis: 'sqrt(252)' | 'sqrt(365)';
        periods: number;
    };
};

export type FeeAudit = {
    portfolioId: string;
    from: string;
    to: string;
    knownAt: string;
    logPosition: string;
    judgedBy: 'recorded' | 'knownAt';
    checked: number;
    agreeing: number;
    unruled: number;
    due: {
        count: number;
        amount: string;
    };
    differences: Array<{
        finding: 'amount' | 'event' | 'not due';
        at: string;
        eventId: string;
        position: string;
        kind: 'trading' | 'management' | 'performance' | 'creation' | 'redemption' | 'borrow' | 'funding' | 'custody' | 'other';
        feeId?: string;
        rebalanceId?: string;
        fillId?: string;
        charged: string;
        recomputed: string;
        difference: string;
        unitsMinted?: string;
        unitsRecomputed?: string;
        rule: {
            id: string;
            version: string;
            rule: number;
            terms?: {
                kind: 'trading' | 'management' | 'performance' | 'creation' | 'redemption' | 'borrow' | 'funding' | 'custody' | 'other';
                trigger?: 'per_fill' | 'per_flow' | 'at_reset' | 'daily' | 'per_second' | 'crystallise';
                basis?: 'executed_notional' | 'flow_cash' | 'nav' | 'nav_times_leverage' | 'exposure' | 'units' | 'financed' | 'gain';
                liquidity?: 'any' | 'maker' | 'taker';
                rate?: {
                    value?: string;
                    instrument?: string;
                    spread?: string;
                    unit: 'fraction';
                    period?: 'day' | 'year';
                };
                dayCount?: 'ACT/365' | 'ACT/365.25' | 'ACT/360' | 'ACT/ACT' | '30/360';
                crystallise?: {
                    cron: string;
                    zone: string;
                };
                highWaterMark?: 'before_mint' | 'after_mint';
                paidBy?: 'cash' | 'units';
                mint?: 'set' | 'dhedge';
                tiers?: Array<{
                    from: string;
                    rate: string | {
                        value: string;
                        unit?: 'fraction';
                    };
                }>;
                tierBy?: 'slab' | 'marginal';
                tierBound?: 'strict' | 'inclusive';
                tierWindow?: string;
                rounding?: {
                    accrueDigits?: number;
                    accrueMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
                    postDigits?: number;
                    postMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
                };
                minimum?: string;
                cap?: string;
                flat?: string;
                perUnit?: string;
                effective?: {
                    from?: string;
                    to?: string;
                };
            };
        } | null;
        reason?: string;
        inputs: {
            basis?: string;
            rate?: string;
            spread?: string;
            since?: string;
            dayFraction?: string;
            mark?: string;
            markAt?: string;
            units?: string;
            nav?: string;
            highWaterMark?: string;
            quantity?: string;
            price?: string;
            liquidity?: 'maker' | 'taker';
            volume?: string;
            raw?: string;
        };
        lateFacts: boolean;
    }>;
};

export type TearSheet = {
    portfolioId: string;
    name: string;
    instrumentId: string;
    quoteCurrency: string;
    targetLeverage: string;
    from: string;
    to: string;
    years: string;
    endedAt?: string;
    nav: Nav;
    start: {
        navPerUnit: string;
        price: string;
    };
    end: {
        navPerUnit: string;
        price: string;
    };
    returns: {
        token: string;
        tokenPerYear: string | null;
        underlying: string;
        underlyingPerYear: string | null;
    };
    drawdown: {
        token: {
            depth: string;
            peakAt: string;
            troughAt: string;
            recoveredAt: string | null;
        };
        underlying: {
            depth: string;
            peakAt: string;
            troughAt: string;
            recoveredAt: string | null;
        };
    };
    leverage: {
        beforeRebalances: {
            min: string;
            median: string;
            max: string;
        } | null;
        afterRebalances: {
            min: string;
            median: string;
            max: string;
        } | null;
    };
    simple: {
        value: string;
        drag: string;
        goneAt: string | null;
    };
    attribution: Attribution;
    residuals: {
        ledger: string;
        economic: string;
    };
    costs: {
        meanNav: string;
        items: Array<{
            kind: 'slippage' | 'tradingFee' | 'funding' | 'management' | 'otherFees' | 'interest';
            amount: string;
            bpPerYear: string;
        }>;
    };
    trading: {
        rebalances: number;
        turnover: string;
        turnoverPerYear: string;
        periods: number;
    };
    worst: Array<{
        from: string;
        to: string;
        underlying: string;
        promised: string;
        token: string;
    }>;
    curve: Array<{
        at: string;
        token: string;
        underlying: string;
    }>;
};

export type PortfolioSummary = {
    portfolioId: string;
    name: string;
    quoteCurrency: string;
    currencyScale: number;
    unitScale: number;
    instrumentId: string;
    targetLeverage: string;
    openedAt: string;
    revision: string;
};

export type PortfolioList = {
    portfolios: Array<PortfolioSummary>;
    next: string | null;
};

export type Portfolio = {
    portfolioId: string;
    name: string;
    quoteCurrency: string;
    currencyScale: number;
    unitScale: number;
    instrumentId: string;
    targetLeverage: string;
    openedAt: string;
    revision: string;
    mandates: Array<{
        at: string;
        version: string;
        mandate: {
            resets?: {
                cron: string;
                zone: string;
            };
            band?: {
                lower: string;
                upper: string;
            };
            sizing: 'exact' | 'naive';
            maxStep?: string;
            maxPriceAge?: string;
        };
    }>;
    feeSchedules: Array<{
        at: string;
        schedule: {
            id: string;
            version: string;
            rules: Array<{
                kind: 'trading' | 'management' | 'performance' | 'creation' | 'redemption' | 'borrow' | 'funding' | 'custody' | 'other';
                trigger?: 'per_fill' | 'per_flow' | 'at_reset' | 'daily' | 'per_second' | 'crystallise';
                basis?: 'executed_notional' | 'flow_cash' | 'nav' | 'nav_times_leverage' | 'exposure' | 'units' | 'financed' | 'gain';
                liquidity?: 'any' | 'maker' | 'taker';
                rate?: {
                    value?: string;
                    instrument?: string;
                    spread?: string;
                    unit: 'fraction';
                    period?: 'day' | 'year';
                };
                dayCount?: 'ACT/365' | 'ACT/365.25' | 'ACT/360' | 'ACT/ACT' | '30/360';
                crystallise?: {
                    cron: string;
                    zone: string;
                };
                highWaterMark?: 'before_mint' | 'after_mint';
                paidBy?: 'cash' | 'units';
                mint?: 'set' | 'dhedge';
                tiers?: Array<{
                    from: string;
                    rate: string | {
                        value: string;
                        unit?: 'fraction';
                    };
                }>;
                tierBy?: 'slab' | 'marginal';
                tierBound?: 'strict' | 'inclusive';
                tierWindow?: string;
                rounding?: {
                    accrueDigits?: number;
                    accrueMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
                    postDigits?: number;
                    postMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
                };
                minimum?: string;
                cap?: string;
                flat?: string;
                perUnit?: string;
                effective?: {
                    from?: string;
                    to?: string;
                };
            }>;
        };
    }>;
    slippageModels: Array<{
        at: string;
        model: {
            model: 'none' | 'fixed_bp' | 'half_spread' | 'sqrt_impact';
            bp?: string;
            y?: string;
            sigmaDaily?: string;
            volumeDaily?: string;
        };
    }>;
};

export type Instrument = {
    instrumentId: string;
    kind: 'spot' | 'perp' | 'index' | 'rate';
    quoteCurrency: string;
    priceScale: number;
    quantityScale: number;
    revision: string;
};

export type InstrumentList = {
    instruments: Array<Instrument>;
    next: string | null;
};

export type Scenario = {
    mode: 'restate' | 're-decide';
    feeSchedule?: {
        id: string;
        version: string;
        rules: Array<{
            kind: 'trading' | 'management' | 'performance' | 'creation' | 'redemption' | 'borrow' | 'funding' | 'custody' | 'other';
            trigger?: 'per_fill' | 'per_flow' | 'at_reset' | 'daily' | 'per_second' | 'crystallise';
            basis?: 'executed_notional' | 'flow_cash' | 'nav' | 'nav_times_leverage' | 'exposure' | 'units' | 'financed' | 'gain';
            liquidity?: 'any' | 'maker' | 'taker';
            rate?: {
                value?: string;
                instrument?: string;
                spread?: string;
                unit: 'fraction';
                period?: 'day' | 'year';
            };
            dayCount?: 'ACT/365' | 'ACT/365.25' | 'ACT/360' | 'ACT/ACT' | '30/360';
            crystallise?: {
                cron: string;
                zone: string;
            };
            highWaterMark?: 'before_mint' | 'after_mint';
            paidBy?: 'cash' | 'units';
            mint?: 'set' | 'dhedge';
            tiers?: Array<{
                from: string;
                rate: string | {
                    value: string;
                    unit?: 'fraction';
                };
            }>;
            tierBy?: 'slab' | 'marginal';
            tierBound?: 'strict' | 'inclusive';
            tierWindow?: string;
            rounding?: {
                accrueDigits?: number;
                accrueMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
                postDigits?: number;
                postMode?: 'half-even' | 'half-up' | 'down' | 'up' | 'floor';
            };
            minimum?: string;
            cap?: string;
            flat?: string;
            perUnit?: string;
            effective?: {
                from?: string;
                to?: string;
            };
        }>;
    } | null;
    slippage?: {
        model: 'recorded' | 'none' | 'fixed_bp' | 'half_spread' | 'sqrt_impact';
        bp?: string;
        y?: string;
        sigmaDaily?: string;
        volumeDaily?: string;
    } | null;
    funding?: {
        model: 'recorded' | 'none' | 'fixed';
        rate?: string;
    } | null;
    mandate?: {
        resets?: {
            cron?: string;
            zone?: string;
        } | null;
        band?: {
            lower?: string;
            upper?: string;
        } | null;
        sizing?: 'exact' | 'naive';
        maxStep?: string | null;
        maxPriceAge?: string | null;
    } | null;
    targetLeverage?: string;
};

export type Sweep = {
    base: {
        [key: string]: unknown;
    };
    vary: {
        [key: string]: Array<unknown>;
    };
};

export type Manifest = {
    logPosition: string;
    root: string;
    scenarioDigest: string;
    engine: string;
    resultDigest: string;
};

export type WhatIf = {
    portfolioId: string;
    mode: 'restate' | 're-decide';
    from: string;
    to: string;
    knownAt: string;
    base: {
        nT: string | null;
        attribution: Attribution | null;
        unanswerable?: string;
    };
    scenario: {
        nT: string | null;
        attribution: Attribution | null;
        unanswerable?: string;
        rebalances: Array<{
            at: string;
            reason: 'scheduled' | 'band';
            side: 'buy' | 'sell';
            quantity: string;
            price: string;
            fee: string;
        }>;
        terminated?: {
            at: string;
        };
        assumptions?: Array<string>;
        series?: Array<{
            at: string;
            navPerUnit: string | null;
        }>;
    };
    difference: {
        nT: string | null;
        byTerm: {
            [key: string]: string;
        } | null;
    };
    manifest: Manifest;
};

export type SweepAnswer = {
    portfolioId: string;
    mode: 'restate' | 're-decide';
    from: string;
    to: string;
    base: {
        nT: string | null;
        attribution: Attribution | null;
        unanswerable?: string;
    };
    points: Array<{
        vary: {
            [key: string]: unknown;
        };
        nT: string | null;
        difference: string | null;
        rebalances: number;
        terminated?: {
            at: string;
        };
        attribution: Attribution | null;
        refused?: string;
    }>;
    manifest: Manifest;
};

export type Job = {
    jobId: string;
    portfolioId: string;
    status: 'running' | 'done' | 'cancelled' | 'failed';
    done: number;
    of: number;
};

export type Recorded = {
    status: 'recorded' | 'duplicate';
    commandId: string;
    stream: string;
    revision: string;
    position: string | null;
    eventIds: Array<string>;
    recordedAt: string;
};

export type BatchLine = {
    command: 'ListInstrument' | 'RecordPrice' | 'CorrectPrice' | 'OpenPortfolio' | 'AdoptMandate' | 'AdoptFeeSchedule' | 'AdoptSlippageModel' | 'CreateUnits' | 'RedeemUnits' | 'SplitUnits' | 'ExecuteRebalance' | 'ChargeFee' | 'SettleFunding' | 'AccrueInterest' | 'AccrueFees' | 'CorrectFact';
    data: {
        [key: string]: unknown;
    };
    commandId?: string;
    expectedRevision?: string;
};

export type BatchAnswer = {
    line: number;
    status: 'recorded' | 'duplicate' | 'refused' | 'accepted';
    commandId: string | null;
    stream: string | null;
    revision: string | null;
    position: string | null;
    eventIds: Array<string>;
    recordedAt: string | null;
    problem?: Problem;
};

export type Event = {
    position: string;
    stream: string;
    revision: string;
    type: 'InstrumentListed' | 'PriceTicked' | 'PriceCorrected' | 'PortfolioOpened' | 'MandateAdopted' | 'FeeScheduleAdopted' | 'SlippageModelAdopted' | 'UnitsCreated' | 'UnitsRedeemed' | 'UnitsSplit' | 'RebalanceExecuted' | 'FeeCharged' | 'FundingSettled' | 'InterestAccrued' | 'NothingDue' | 'FactCorrected';
    eventId: string;
    data: {
        [key: string]: unknown;
    };
    metadata: {
        actor: string;
        schemaVersion: number;
        correlationId?: string;
        causationId?: string;
        commandId: string;
        commandIndex: number;
        digest: string;
        recordedAt: string;
        hash: string;
        at?: string;
    };
};

export type EventList = {
    events: Array<Event>;
    next: string | null;
};

export type Problem = {
    type: string;
    title: string;
    status: number;
    code: 'BadRequest' | 'MalformedBody' | 'Unauthorized' | 'NotFound' | 'RequestTimeout' | 'PayloadTooLarge' | 'UriTooLong' | 'UnsupportedMediaType' | 'MisdirectedRequest' | 'TooManyRequests' | 'HeadersTooLarge' | 'ShuttingDown' | 'AccessUnavailable' | 'TimedOut' | 'MalformedLine' | 'UnknownCommand' | 'UnknownField' | 'InvalidField' | 'ScaleExceeded' | 'FutureTime' | 'ReusedCommandId' | 'WrongRevision' | 'AlreadyExists' | 'IdCaseMismatch' | 'UnknownInstrument' | 'UnknownPortfolio' | 'NotTraded' | 'WrongInstrument' | 'UnsupportedCurrency' | 'BeforeInception' | 'NotEnoughUnits' | 'LaterFactImpossible' | 'NoUnits' | 'Terminated' | 'DuplicateId' | 'DuplicateFee' | 'UnknownFill' | 'FillInUse' | 'UnknownEvent' | 'NotCorrectable' | 'NoPrice' | 'NavNotPositive' | 'Unanswerable' | 'InvalidFile' | 'PriceConflict' | 'NotEmpty' | 'Forbidden' | 'BatchRefused' | 'StoreTooLarge' | 'StoreLocked' | 'StoreReadOnly' | 'StoreFull' | 'StoreForeign' | 'StoreNewer' | 'StoreDamaged' | 'StoreMissing' | 'StoreUnavailable' | 'StoreInDoubt' | 'StoreClosed' | 'Defect';
    detail: string;
    errors?: Array<{
        pointer: string | null;
        parameter?: string;
        value: unknown;
        rule: string;
    }>;
    context?: {
        [key: string]: string;
    };
};

export type ListInstrumentsData = {
    body?: never;
    path?: never;
    query?: {
        limit?: number;
        cursor?: string;
    };
    url: '/v1/instruments';
};

export type ListInstrumentsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type ListInstrumentsError = ListInstrumentsErrors[keyof ListInstrumentsErrors];

export type ListInstrumentsResponses = {
    200: InstrumentList;
};

export type ListInstrumentsResponse = ListInstrumentsResponses[keyof ListInstrumentsResponses];

export type ListInstrumentData = {
    body: ListInstrument;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/v1/instruments';
};

export type ListInstrumentErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type ListInstrumentError = ListInstrumentErrors[keyof ListInstrumentErrors];

export type ListInstrumentResponses = {
    201: Recorded;
};

export type ListInstrumentResponse = ListInstrumentResponses[keyof ListInstrumentResponses];

export type RecordPriceData = {
    body: RecordPrice;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/v1/prices';
};

export type RecordPriceErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type RecordPriceError = RecordPriceErrors[keyof RecordPriceErrors];

export type RecordPriceResponses = {
    201: Recorded;
};

export type RecordPriceResponse = RecordPriceResponses[keyof RecordPriceResponses];

export type CorrectPriceData = {
    body: CorrectPrice;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/v1/prices/corrections';
};

export type CorrectPriceErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type CorrectPriceError = CorrectPriceErrors[keyof CorrectPriceErrors];

export type CorrectPriceResponses = {
    201: Recorded;
};

export type CorrectPriceResponse = CorrectPriceResponses[keyof CorrectPriceResponses];

export type ListPortfoliosData = {
    body?: never;
    path?: never;
    query?: {
        limit?: number;
        cursor?: string;
    };
    url: '/v1/portfolios';
};

export type ListPortfoliosErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type ListPortfoliosError = ListPortfoliosErrors[keyof ListPortfoliosErrors];

export type ListPortfoliosResponses = {
    200: PortfolioList;
};

export type ListPortfoliosResponse = ListPortfoliosResponses[keyof ListPortfoliosResponses];

export type OpenPortfolioData = {
    body: OpenPortfolio;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/v1/portfolios';
};

export type OpenPortfolioErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type OpenPortfolioError = OpenPortfolioErrors[keyof OpenPortfolioErrors];

export type OpenPortfolioResponses = {
    201: Recorded;
};

export type OpenPortfolioResponse = OpenPortfolioResponses[keyof OpenPortfolioResponses];

export type AdoptMandateData = {
    body: AdoptMandate;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/mandates';
};

export type AdoptMandateErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type AdoptMandateError = AdoptMandateErrors[keyof AdoptMandateErrors];

export type AdoptMandateResponses = {
    201: Recorded;
};

export type AdoptMandateResponse = AdoptMandateResponses[keyof AdoptMandateResponses];

export type AdoptFeeScheduleData = {
    body: AdoptFeeSchedule;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/fee-schedules';
};

export type AdoptFeeScheduleErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type AdoptFeeScheduleError = AdoptFeeScheduleErrors[keyof AdoptFeeScheduleErrors];

export type AdoptFeeScheduleResponses = {
    201: Recorded;
};

export type AdoptFeeScheduleResponse = AdoptFeeScheduleResponses[keyof AdoptFeeScheduleResponses];

export type AdoptSlippageModelData = {
    body: AdoptSlippageModel;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/slippage-models';
};

export type AdoptSlippageModelErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type AdoptSlippageModelError = AdoptSlippageModelErrors[keyof AdoptSlippageModelErrors];

export type AdoptSlippageModelResponses = {
    201: Recorded;
};

export type AdoptSlippageModelResponse = AdoptSlippageModelResponses[keyof AdoptSlippageModelResponses];

export type CreateUnitsData = {
    body: CreateUnits;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/units/creations';
};

export type CreateUnitsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type CreateUnitsError = CreateUnitsErrors[keyof CreateUnitsErrors];

export type CreateUnitsResponses = {
    201: Recorded;
};

export type CreateUnitsResponse = CreateUnitsResponses[keyof CreateUnitsResponses];

export type RedeemUnitsData = {
    body: RedeemUnits;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/units/redemptions';
};

export type RedeemUnitsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type RedeemUnitsError = RedeemUnitsErrors[keyof RedeemUnitsErrors];

export type RedeemUnitsResponses = {
    201: Recorded;
};

export type RedeemUnitsResponse = RedeemUnitsResponses[keyof RedeemUnitsResponses];

export type SplitUnitsData = {
    body: SplitUnits;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/units/splits';
};

export type SplitUnitsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type SplitUnitsError = SplitUnitsErrors[keyof SplitUnitsErrors];

export type SplitUnitsResponses = {
    201: Recorded;
};

export type SplitUnitsResponse = SplitUnitsResponses[keyof SplitUnitsResponses];

export type ExecuteRebalanceData = {
    body: ExecuteRebalance;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/rebalances';
};

export type ExecuteRebalanceErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type ExecuteRebalanceError = ExecuteRebalanceErrors[keyof ExecuteRebalanceErrors];

export type ExecuteRebalanceResponses = {
    201: Recorded;
};

export type ExecuteRebalanceResponse = ExecuteRebalanceResponses[keyof ExecuteRebalanceResponses];

export type ChargeFeeData = {
    body: ChargeFee;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/fees';
};

export type ChargeFeeErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type ChargeFeeError = ChargeFeeErrors[keyof ChargeFeeErrors];

export type ChargeFeeResponses = {
    201: Recorded;
};

export type ChargeFeeResponse = ChargeFeeResponses[keyof ChargeFeeResponses];

export type SettleFundingData = {
    body: SettleFunding;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/funding';
};

export type SettleFundingErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type SettleFundingError = SettleFundingErrors[keyof SettleFundingErrors];

export type SettleFundingResponses = {
    201: Recorded;
};

export type SettleFundingResponse = SettleFundingResponses[keyof SettleFundingResponses];

export type AccrueInterestData = {
    body: AccrueInterest;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/interest';
};

export type AccrueInterestErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type AccrueInterestError = AccrueInterestErrors[keyof AccrueInterestErrors];

export type AccrueInterestResponses = {
    201: Recorded;
};

export type AccrueInterestResponse = AccrueInterestResponses[keyof AccrueInterestResponses];

export type AccrueFeesData = {
    body: AccrueFees;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/fees/accruals';
};

export type AccrueFeesErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type AccrueFeesError = AccrueFeesErrors[keyof AccrueFeesErrors];

export type AccrueFeesResponses = {
    201: Recorded;
};

export type AccrueFeesResponse = AccrueFeesResponses[keyof AccrueFeesResponses];

export type CorrectFactData = {
    body: CorrectFact;
    headers?: {
        'Idempotency-Key'?: string;
        'If-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}/corrections';
};

export type CorrectFactErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Problem;
    412: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    507: Problem;
    default: Problem;
};

export type CorrectFactError = CorrectFactErrors[keyof CorrectFactErrors];

export type CorrectFactResponses = {
    201: Recorded;
};

export type CorrectFactResponse = CorrectFactResponses[keyof CorrectFactResponses];

export type RecordBatchData = {
    body: string;
    path?: never;
    query?: {
        atomic?: 'true' | 'false';
        dryRun?: 'true' | 'false';
    };
    url: '/v1/commands/batch';
};

export type RecordBatchErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    408: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type RecordBatchError = RecordBatchErrors[keyof RecordBatchErrors];

export type RecordBatchResponses = {
    200: string;
};

export type RecordBatchResponse = RecordBatchResponses[keyof RecordBatchResponses];

export type ListEventsData = {
    body?: never;
    path?: never;
    query?: {
        stream?: string;
        from?: string;
        limit?: number;
        cursor?: string;
    };
    url: '/v1/events';
};

export type ListEventsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type ListEventsError = ListEventsErrors[keyof ListEventsErrors];

export type ListEventsResponses = {
    200: EventList;
};

export type ListEventsResponse = ListEventsResponses[keyof ListEventsResponses];

export type ListPortfolioEventsData = {
    body?: never;
    path: {
        id: string;
    };
    query?: {
        from?: string;
        limit?: number;
        cursor?: string;
    };
    url: '/v1/portfolios/{id}/events';
};

export type ListPortfolioEventsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type ListPortfolioEventsError = ListPortfolioEventsErrors[keyof ListPortfolioEventsErrors];

export type ListPortfolioEventsResponses = {
    200: EventList;
};

export type ListPortfolioEventsResponse = ListPortfolioEventsResponses[keyof ListPortfolioEventsResponses];

export type FollowEventsData = {
    body?: never;
    headers?: {
        'Last-Event-ID'?: string;
    };
    path?: never;
    query?: {
        portfolio?: string;
        from?: string;
    };
    url: '/v1/stream';
};

export type FollowEventsErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type FollowEventsError = FollowEventsErrors[keyof FollowEventsErrors];

export type FollowEventsResponses = {
    200: string;
};

export type FollowEventsResponse = FollowEventsResponses[keyof FollowEventsResponses];

export type GetPortfolioData = {
    body?: never;
    headers?: {
        'If-None-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/portfolios/{id}';
};

export type GetPortfolioErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetPortfolioError = GetPortfolioErrors[keyof GetPortfolioErrors];

export type GetPortfolioResponses = {
    200: Portfolio;
};

export type GetPortfolioResponse = GetPortfolioResponses[keyof GetPortfolioResponses];

export type GetInstrumentData = {
    body?: never;
    headers?: {
        'If-None-Match'?: string;
    };
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/instruments/{id}';
};

export type GetInstrumentErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetInstrumentError = GetInstrumentErrors[keyof GetInstrumentErrors];

export type GetInstrumentResponses = {
    200: Instrument;
};

export type GetInstrumentResponse = GetInstrumentResponses[keyof GetInstrumentResponses];

export type GetNavData = {
    body?: never;
    path: {
        id: string;
    };
    query?: {
        at?: string;
        knownAt?: string;
    };
    url: '/v1/portfolios/{id}/nav';
};

export type GetNavErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetNavError = GetNavErrors[keyof GetNavErrors];

export type GetNavResponses = {
    200: Nav;
};

export type GetNavResponse = GetNavResponses[keyof GetNavResponses];

export type GetHistoryData = {
    body?: never;
    path: {
        id: string;
    };
    query: {
        from: string;
        to: string;
        every?: string;
        format?: 'csv' | 'json' | 'parquet';
        knownAt?: string;
    };
    url: '/v1/portfolios/{id}/history';
};

export type GetHistoryErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetHistoryError = GetHistoryErrors[keyof GetHistoryErrors];

export type GetHistoryResponses = {
    200: Array<Nav>;
};

export type GetHistoryResponse = GetHistoryResponses[keyof GetHistoryResponses];

export type GetAttributionData = {
    body?: never;
    path: {
        id: string;
    };
    query: {
        from: string;
        to: string;
        knownAt?: string;
    };
    url: '/v1/portfolios/{id}/attribution';
};

export type GetAttributionErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetAttributionError = GetAttributionErrors[keyof GetAttributionErrors];

export type GetAttributionResponses = {
    200: Attribution;
};

export type GetAttributionResponse = GetAttributionResponses[keyof GetAttributionResponses];

export type GetFeeAuditData = {
    body?: never;
    path: {
        id: string;
    };
    query: {
        from: string;
        to: string;
        knownAt?: string;
    };
    url: '/v1/portfolios/{id}/fee-audit';
};

export type GetFeeAuditErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetFeeAuditError = GetFeeAuditErrors[keyof GetFeeAuditErrors];

export type GetFeeAuditResponses = {
    200: FeeAudit;
};

export type GetFeeAuditResponse = GetFeeAuditResponses[keyof GetFeeAuditResponses];

export type GetTearSheetData = {
    body?: never;
    path: {
        id: string;
    };
    query?: {
        knownAt?: string;
    };
    url: '/v1/portfolios/{id}/tear-sheet';
};

export type GetTearSheetErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetTearSheetError = GetTearSheetErrors[keyof GetTearSheetErrors];

export type GetTearSheetResponses = {
    200: TearSheet;
};

export type GetTearSheetResponse = GetTearSheetResponses[keyof GetTearSheetResponses];

export type AskWhatIfData = {
    body: Scenario | Sweep;
    path: {
        id: string;
    };
    query?: {
        from?: string;
        to?: string;
        every?: string;
        knownAt?: string;
    };
    url: '/v1/portfolios/{id}/what-if';
};

export type AskWhatIfErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type AskWhatIfError = AskWhatIfErrors[keyof AskWhatIfErrors];

export type AskWhatIfResponses = {
    200: WhatIf;
    202: Job;
};

export type AskWhatIfResponse = AskWhatIfResponses[keyof AskWhatIfResponses];

export type DeleteWhatIfJobData = {
    body?: never;
    path: {
        job: string;
    };
    query?: never;
    url: '/v1/what-if/{job}';
};

export type DeleteWhatIfJobErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type DeleteWhatIfJobError = DeleteWhatIfJobErrors[keyof DeleteWhatIfJobErrors];

export type DeleteWhatIfJobResponses = {
    200: Job;
};

export type DeleteWhatIfJobResponse = DeleteWhatIfJobResponses[keyof DeleteWhatIfJobResponses];

export type GetWhatIfJobData = {
    body?: never;
    path: {
        job: string;
    };
    query?: never;
    url: '/v1/what-if/{job}';
};

export type GetWhatIfJobErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetWhatIfJobError = GetWhatIfJobErrors[keyof GetWhatIfJobErrors];

export type GetWhatIfJobResponses = {
    200: Job;
};

export type GetWhatIfJobResponse = GetWhatIfJobResponses[keyof GetWhatIfJobResponses];

export type GetWhatIfResultData = {
    body?: never;
    path: {
        job: string;
    };
    query?: never;
    url: '/v1/what-if/{job}/result';
};

export type GetWhatIfResultErrors = {
    400: Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    422: Problem;
    429: Problem;
    500: Problem;
    503: Problem;
    default: Problem;
};

export type GetWhatIfResultError = GetWhatIfResultErrors[keyof GetWhatIfResultErrors];

export type GetWhatIfResultResponses = {
    200: SweepAnswer;
};

export type GetWhatIfResultResponse = GetWhatIfResultResponses[keyof GetWhatIfResultResponses];

export type GetLivenessData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/health/live';
};

export type GetLivenessErrors = {
    default: Problem;
};

export type GetLivenessError = GetLivenessErrors[keyof GetLivenessErrors];

export type GetLivenessResponses = {
    200: {
        status: 'live';
    };
};

export type GetLivenessResponse = GetLivenessResponses[keyof GetLivenessResponses];

export type GetReadinessData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/health/ready';
};

export type GetReadinessErrors = {
    503: {
        status: 'stopping' | 'in-doubt' | 'behind' | 'cut-off';
    };
    default: Problem;
};

export type GetReadinessError = GetReadinessErrors[keyof GetReadinessErrors];

export type GetReadinessResponses = {
    200: {
        status: 'ready';
    };
};

export type GetReadinessResponse = GetReadinessResponses[keyof GetReadinessResponses];

export type GetMetricsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/metrics';
};

export type GetMetricsErrors = {
    401: Problem;
    403: Problem;
    429: Problem;
    500: Problem;
    default: Problem;
};

export type GetMetricsError = GetMetricsErrors[keyof GetMetricsErrors];

export type GetMetricsResponses = {
    200: string;
};

export type GetMetricsResponse = GetMetricsResponses[keyof GetMetricsResponses];

export type GetContractData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/openapi.json';
};

export type GetContractErrors = {
    default: Problem;
};

export type GetContractError = GetContractErrors[keyof GetContractErrors];

export type GetContractResponses = {
    200: {
        [key: string]: unknown;
    };
};

export type GetContractResponse = GetContractResponses[keyof GetContractResponses];
