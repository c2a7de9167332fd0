import type { INodePropertyOptions } from 'n8n-workflow';

/** Source: the vendor's SDK 1.33.0, `ReportTypeCode`; the codes are those of X12 837, PWK01. */
const LABELS = `
AS Admission Summary
A3 Allergies/Sensitivities Document
AM Ambulance Certification
A4 Autopsy Report
BS Baseline
BR Benchmark Testing Results
BT Blanket Test Results
CT Certification
13 Certified Test Report
11 Chemical Analysis
CB Chiropractic Justification
CK Consent Forms
10 Continued Treatment
V5 Death Notification
DA Dental Models
DG Diagnostic Report
DJ Discharge Monitoring Report
DS Discharge Summary
D2 Drug Profile Document
04 Drugs Administered
DB Durable Medical Equipment Prescription
EB Explanation of Benefits, COB or Medicare Secondary
07 Functional Goals
HC Health Certificate
HR Health Clinic Records
I5 Immunization Record
06 Initial Assessment
15 Justification for Admission
LA Laboratory Results
M1 Medical Record Attachment
MT Models
NN Nursing Notes
OE Objective Physical Examination and Vital Signs
OB Operative Note
OD Orders and Treatments Document
OC Oxygen Content Averaging Report
OX Oxygen Therapy Certification
PQ Paramedical Results
PE Parenteral or Enteral Certification
P4 Pathology Report
P5 Patient Medical History Document
XP Photographs
PZ Physical Therapy Certification
PN Physical Therapy Notes
B3 Physician Order
PY Physician's Report
08 Plan of Treatment
B2 Prescription
09 Progress Report
PO Prosthetics or Orthotic Certification
RB Radiology Films
RR Radiology Reports
21 Recovery Plan
B4 Referral Form
RX Renewable Oxygen Content Averaging Report
03 Report Justifying Treatment Beyond Utilization Guidelines
RT Report of Tests and Analysis
IR State School Immunization Records
OZ Support Data for Claim
SG Symptoms Document
05 Treatment Diagnosis
`;

/** What a document that goes with a claim is, as payers are told: 'Laboratory Results (LA)'. */
export const reportTypes: INodePropertyOptions[] = LABELS.trim()
	.split('\n')
	.map((line) => {
		const value = line.slice(0, 2);
		return { name: `${line.slice(3)} (${value})`, value };
	});
