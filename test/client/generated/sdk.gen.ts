// Generated from apps/api/contract/openapi.json by test/client/generate.mjs
// @ts-nocheck

import type { Client, ClientMeta, Options as Options2, RequestResult, ServerSentEventsResult, TDataShape } from './client';
import { client } from './client.gen';
import type { AccrueFeesData, AccrueFeesErrors, AccrueFeesResponses, AccrueInterestData, AccrueInterestErrors, AccrueInterestResponses, AdoptFeeScheduleData, AdoptFeeScheduleErrors, AdoptFeeScheduleResponses, AdoptMandateData, AdoptMandateErrors, AdoptMandateResponses, AdoptSlippageModelData, AdoptSlippageModelErrors, AdoptSlippageModelResponses, AskWhatIfData, AskWhatIfErrors, AskWhatIfResponses, ChargeFeeData, ChargeFeeErrors, ChargeFeeResponses, CorrectFactData, CorrectFactErrors, CorrectFactResponses, CorrectPriceData, CorrectPriceErrors, CorrectPriceResponses, CreateUnitsData, CreateUnitsErrors, CreateUnitsResponses, DeleteWhatIfJobData, DeleteWhatIfJobErrors, DeleteWhatIfJobResponses, ExecuteRebalanceData, ExecuteRebalanceErrors, ExecuteRebalanceResponses, FollowEventsData, FollowEventsErrors, FollowEventsResponse, FollowEventsResponses, GetAttributionData, GetAttributionErrors, GetAttributionResponses, GetContractData, GetContractErrors, GetContractResponses, GetFeeAuditData, GetFeeAuditErrors, GetFeeAuditResponses, GetHistoryData, GetHistoryErrors, GetHistoryResponses, GetInstrumentData, GetInstrumentErrors, GetInstrumentResponses, GetLivenessData, GetLivenessErrors, GetLivenessResponses, GetMetricsData, GetMetricsErrors, GetMetricsResponses, GetNavData, GetNavErrors, GetNavResponses, GetPortfolioData, GetPortfolioErrors, GetPortfolioResponses, GetReadinessData, GetReadinessErrors, GetReadinessResponses, GetTearSheetData, GetTearSheetErrors, GetTearSheetResponses, GetWhatIfJobData, GetWhatIfJobErrors, GetWhatIfJobResponses, GetWhatIfResultData, GetWhatIfResultErrors, GetWhatIfResultResponses, ListEventsData, ListEventsErrors, ListEventsResponses, ListInstrumentData, ListInstrumentErrors, ListInstrumentResponses, ListInstrumentsData, ListInstrumentsErrors, ListInstrumentsResponses, ListPortfolioEventsData, ListPortfolioEventsErrors, ListPortfolioEventsResponses, ListPortfoliosData, ListPortfoliosErrors, ListPortfoliosResponses, OpenPortfolioData, OpenPortfolioErrors, OpenPortfolioResponses, RecordBatchData, RecordBatchErrors, RecordBatchResponses, RecordPriceData, RecordPriceErrors, RecordPriceResponses, RedeemUnitsData, RedeemUnitsErrors, RedeemUnitsResponses, SettleFundingData, SettleFundingErrors, SettleFundingResponses, SplitUnitsData, SplitUnitsErrors, SplitUnitsResponses } from './types.gen';

export type Options<TData extends TDataShape = TDataShape, ThrowOnError extends boolean = boolean, TResponse = unknown> = Options2<TData, ThrowOnError, TResponse> & {
    /**
     * You can provide a client instance returned by `createClient()` instead of
     * individual options. This might be also useful if you want to implement a
     * custom client.
     */
    client?: Client;
    /**
     * You can pass arbitrary values through the `meta` object. This can be
     * used to access values that aren't defined as part of the SDK function.
     */
    meta?: keyof ClientMeta extends never ? Record<string, unknown> : ClientMeta;
};

export const listInstruments = <ThrowOnError extends boolean = false>(options?: Options<ListInstrumentsData, ThrowOnError>): RequestResult<ListInstrumentsResponses, ListInstrumentsErrors, ThrowOnError> => (options?.client ?? client).get<ListInstrumentsResponses, ListInstrumentsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/instruments',
    ...options
});

export const listInstrument = <ThrowOnError extends boolean = false>(options: Options<ListInstrumentData, ThrowOnError>): RequestResult<ListInstrumentResponses, ListInstrumentErrors, ThrowOnError> => (options.client ?? client).post<ListInstrumentResponses, ListInstrumentErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/instruments',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const recordPrice = <ThrowOnError extends boolean = false>(options: Options<RecordPriceData, ThrowOnError>): RequestResult<RecordPriceResponses, RecordPriceErrors, ThrowOnError> => (options.client ?? client).post<RecordPriceResponses, RecordPriceErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/prices',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const correctPrice = <ThrowOnError extends boolean = false>(options: Options<CorrectPriceData, ThrowOnError>): RequestResult<CorrectPriceResponses, CorrectPriceErrors, ThrowOnError> => (options.client ?? client).post<CorrectPriceResponses, CorrectPriceErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/prices/corrections',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const listPortfolios = <ThrowOnError extends boolean = false>(options?: Options<ListPortfoliosData, ThrowOnError>): RequestResult<ListPortfoliosResponses, ListPortfoliosErrors, ThrowOnError> => (options?.client ?? client).get<ListPortfoliosResponses, ListPortfoliosErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios',
    ...options
});

export const openPortfolio = <ThrowOnError extends boolean = false>(options: Options<OpenPortfolioData, ThrowOnError>): RequestResult<OpenPortfolioResponses, OpenPortfolioErrors, ThrowOnError> => (options.client ?? client).post<OpenPortfolioResponses, OpenPortfolioErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const adoptMandate = <ThrowOnError extends boolean = false>(options: Options<AdoptMandateData, ThrowOnError>): RequestResult<AdoptMandateResponses, AdoptMandateErrors, ThrowOnError> => (options.client ?? client).post<AdoptMandateResponses, AdoptMandateErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/mandates',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const adoptFeeSchedule = <ThrowOnError extends boolean = false>(options: Options<AdoptFeeScheduleData, ThrowOnError>): RequestResult<AdoptFeeScheduleResponses, AdoptFeeScheduleErrors, ThrowOnError> => (options.client ?? client).post<AdoptFeeScheduleResponses, AdoptFeeScheduleErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/fee-schedules',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const adoptSlippageModel = <ThrowOnError extends boolean = false>(options: Options<AdoptSlippageModelData, ThrowOnError>): RequestResult<AdoptSlippageModelResponses, AdoptSlippageModelErrors, ThrowOnError> => (options.client ?? client).post<AdoptSlippageModelResponses, AdoptSlippageModelErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/slippage-models',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const createUnits = <ThrowOnError extends boolean = false>(options: Options<CreateUnitsData, ThrowOnError>): RequestResult<CreateUnitsResponses, CreateUnitsErrors, ThrowOnError> => (options.client ?? client).post<CreateUnitsResponses, CreateUnitsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/units/creations',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const redeemUnits = <ThrowOnError extends boolean = false>(options: Options<RedeemUnitsData, ThrowOnError>): RequestResult<RedeemUnitsResponses, RedeemUnitsErrors, ThrowOnError> => (options.client ?? client).post<RedeemUnitsResponses, RedeemUnitsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/units/redemptions',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const splitUnits = <ThrowOnError extends boolean = false>(options: Options<SplitUnitsData, ThrowOnError>): RequestResult<SplitUnitsResponses, SplitUnitsErrors, ThrowOnError> => (options.client ?? client).post<SplitUnitsResponses, SplitUnitsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/units/splits',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const executeRebalance = <ThrowOnError extends boolean = false>(options: Options<ExecuteRebalanceData, ThrowOnError>): RequestResult<ExecuteRebalanceResponses, ExecuteRebalanceErrors, ThrowOnError> => (options.client ?? client).post<ExecuteRebalanceResponses, ExecuteRebalanceErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/rebalances',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const chargeFee = <ThrowOnError extends boolean = false>(options: Options<ChargeFeeData, ThrowOnError>): RequestResult<ChargeFeeResponses, ChargeFeeErrors, ThrowOnError> => (options.client ?? client).post<ChargeFeeResponses, ChargeFeeErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/fees',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const settleFunding = <ThrowOnError extends boolean = false>(options: Options<SettleFundingData, ThrowOnError>): RequestResult<SettleFundingResponses, SettleFundingErrors, ThrowOnError> => (options.client ?? client).post<SettleFundingResponses, SettleFundingErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/funding',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const accrueInterest = <ThrowOnError extends boolean = false>(options: Options<AccrueInterestData, ThrowOnError>): RequestResult<AccrueInterestResponses, AccrueInterestErrors, ThrowOnError> => (options.client ?? client).post<AccrueInterestResponses, AccrueInterestErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/interest',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const accrueFees = <ThrowOnError extends boolean = false>(options: Options<AccrueFeesData, ThrowOnError>): RequestResult<AccrueFeesResponses, AccrueFeesErrors, ThrowOnError> => (options.client ?? client).post<AccrueFeesResponses, AccrueFeesErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/fees/accruals',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const correctFact = <ThrowOnError extends boolean = false>(options: Options<CorrectFactData, ThrowOnError>): RequestResult<CorrectFactResponses, CorrectFactErrors, ThrowOnError> => (options.client ?? client).post<CorrectFactResponses, CorrectFactErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/corrections',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const recordBatch = <ThrowOnError extends boolean = false>(options: Options<RecordBatchData, ThrowOnError>): RequestResult<RecordBatchResponses, RecordBatchErrors, ThrowOnError> => (options.client ?? client).post<RecordBatchResponses, RecordBatchErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/commands/batch',
    ...options,
    headers: {
        'Content-Type': 'application/x-ndjson',
        ...options.headers
    }
});

export const listEvents = <ThrowOnError extends boolean = false>(options?: Options<ListEventsData, ThrowOnError>): RequestResult<ListEventsResponses, ListEventsErrors, ThrowOnError> => (options?.client ?? client).get<ListEventsResponses, ListEventsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/events',
    ...options
});

export const listPortfolioEvents = <ThrowOnError extends boolean = false>(options: Options<ListPortfolioEventsData, ThrowOnError>): RequestResult<ListPortfolioEventsResponses, ListPortfolioEventsErrors, ThrowOnError> => (options.client ?? client).get<ListPortfolioEventsResponses, ListPortfolioEventsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/events',
    ...options
});

export const followEvents = <ThrowOnError extends boolean = false>(options?: Options<FollowEventsData, ThrowOnError, FollowEventsResponse>): Promise<ServerSentEventsResult<FollowEventsResponses>> => (options?.client ?? client).sse.get<FollowEventsResponses, FollowEventsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/stream',
    ...options
});

export const getPortfolio = <ThrowOnError extends boolean = false>(options: Options<GetPortfolioData, ThrowOnError>): RequestResult<GetPortfolioResponses, GetPortfolioErrors, ThrowOnError> => (options.client ?? client).get<GetPortfolioResponses, GetPortfolioErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}',
    ...options
});

export const getInstrument = <ThrowOnError extends boolean = false>(options: Options<GetInstrumentData, ThrowOnError>): RequestResult<GetInstrumentResponses, GetInstrumentErrors, ThrowOnError> => (options.client ?? client).get<GetInstrumentResponses, GetInstrumentErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/instruments/{id}',
    ...options
});

export const getNav = <ThrowOnError extends boolean = false>(options: Options<GetNavData, ThrowOnError>): RequestResult<GetNavResponses, GetNavErrors, ThrowOnError> => (options.client ?? client).get<GetNavResponses, GetNavErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/nav',
    ...options
});

export const getHistory = <ThrowOnError extends boolean = false>(options: Options<GetHistoryData, ThrowOnError>): RequestResult<GetHistoryResponses, GetHistoryErrors, ThrowOnError> => (options.client ?? client).get<GetHistoryResponses, GetHistoryErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/history',
    ...options
});

export const getAttribution = <ThrowOnError extends boolean = false>(options: Options<GetAttributionData, ThrowOnError>): RequestResult<GetAttributionResponses, GetAttributionErrors, ThrowOnError> => (options.client ?? client).get<GetAttributionResponses, GetAttributionErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/attribution',
    ...options
});

export const getFeeAudit = <ThrowOnError extends boolean = false>(options: Options<GetFeeAuditData, ThrowOnError>): RequestResult<GetFeeAuditResponses, GetFeeAuditErrors, ThrowOnError> => (options.client ?? client).get<GetFeeAuditResponses, GetFeeAuditErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/fee-audit',
    ...options
});

export const getTearSheet = <ThrowOnError extends boolean = false>(options: Options<GetTearSheetData, ThrowOnError>): RequestResult<GetTearSheetResponses, GetTearSheetErrors, ThrowOnError> => (options.client ?? client).get<GetTearSheetResponses, GetTearSheetErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/tear-sheet',
    ...options
});

export const askWhatIf = <ThrowOnError extends boolean = false>(options: Options<AskWhatIfData, ThrowOnError>): RequestResult<AskWhatIfResponses, AskWhatIfErrors, ThrowOnError> => (options.client ?? client).post<AskWhatIfResponses, AskWhatIfErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/portfolios/{id}/what-if',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

export const deleteWhatIfJob = <ThrowOnError extends boolean = false>(options: Options<DeleteWhatIfJobData, ThrowOnError>): RequestResult<DeleteWhatIfJobResponses, DeleteWhatIfJobErrors, ThrowOnError> => (options.client ?? client).delete<DeleteWhatIfJobResponses, DeleteWhatIfJobErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/what-if/{job}',
    ...options
});

export const getWhatIfJob = <ThrowOnError extends boolean = false>(options: Options<GetWhatIfJobData, ThrowOnError>): RequestResult<GetWhatIfJobResponses, GetWhatIfJobErrors, ThrowOnError> => (options.client ?? client).get<GetWhatIfJobResponses, GetWhatIfJobErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/what-if/{job}',
    ...options
});

export const getWhatIfResult = <ThrowOnError extends boolean = false>(options: Options<GetWhatIfResultData, ThrowOnError>): RequestResult<GetWhatIfResultResponses, GetWhatIfResultErrors, ThrowOnError> => (options.client ?? client).get<GetWhatIfResultResponses, GetWhatIfResultErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/v1/what-if/{job}/result',
    ...options
});

export const getLiveness = <ThrowOnError extends boolean = false>(options?: Options<GetLivenessData, ThrowOnError>): RequestResult<GetLivenessResponses, GetLivenessErrors, ThrowOnError> => (options?.client ?? client).get<GetLivenessResponses, GetLivenessErrors, ThrowOnError>({ url: '/health/live', ...options });

export const getReadiness = <ThrowOnError extends boolean = false>(options?: Options<GetReadinessData, ThrowOnError>): RequestResult<GetReadinessResponses, GetReadinessErrors, ThrowOnError> => (options?.client ?? client).get<GetReadinessResponses, GetReadinessErrors, ThrowOnError>({ url: '/health/ready', ...options });

export const getMetrics = <ThrowOnError extends boolean = false>(options?: Options<GetMetricsData, ThrowOnError>): RequestResult<GetMetricsResponses, GetMetricsErrors, ThrowOnError> => (options?.client ?? client).get<GetMetricsResponses, GetMetricsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/metrics',
    ...options
});

export const getContract = <ThrowOnError extends boolean = false>(options?: Options<GetContractData, ThrowOnError>): RequestResult<GetContractResponses, GetContractErrors, ThrowOnError> => (options?.client ?? client).get<GetContractResponses, GetContractErrors, ThrowOnError>({ url: '/openapi.json', ...options });
